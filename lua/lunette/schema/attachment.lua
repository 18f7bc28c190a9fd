-- One view of where programs hang, however they are held there.

local attach = require("lunette.attach")
local cells = require("lunette.schema.cells")
local kernel = require("lunette.schema.kernel")

local attachment = {}

attachment.sdl = [[
extend type Query {
  "Every attach point in use: links, perf events, cgroups, traffic control, XDP."
  attachments("Only those of this program." programId: Int
    "Add what control groups inherit from their ancestors."
    effective: Boolean = false): [Attachment!]!
  "The network interfaces that have a program, in every network namespace."
  interfaces: [Interface!]!
  "The cgroups that have a program."
  cgroups: [Cgroup!]!
}

extend type Program {
  "Where it hangs, by link or otherwise."
  attachments: [Attachment!]!
}

"A program at an attach point."
type Attachment {
  "Id of the program."
  programId: Int
  "The program; null for a struct_ops link, whose programs are in its map."
  program: Program
  "Where: tracepoint, kprobe, fentry, cgroup, xdp, tc, tail_call, …"
  kind: String!
  "What it is attached to, in words."
  target: String!
  "How it is held there: link, fd, prog, netlink, socket or map."
  how: String!
  "The kernel's attach type, where there is one."
  attachType: String
  "Since when at most, in seconds since 1970: when its program was loaded."
  since: Float
  "The link, where it is held by one."
  link: Link
  "The map that it is attached to or held by: a socket map, program array or struct_ops map."
  map: Map
  "The interface, of what is attached to one."
  interface: Interface
  "The cgroup, of what is attached to one."
  cgroup: Cgroup
  "The function that it is on, where it is on one."
  function: String
  "The processes that hold it there."
  owners: [Owner!]!
  "Is its program one of Lunette's own?"
  own: Boolean!
  "Everything that is known of it."
  details: JSON!
}

"A network interface."
type Interface {
  "Its number."
  ifindex: Int!
  "Its name; null when it is gone."
  name: String
  "Inode of its network namespace."
  netns: UInt64
  "A path to that namespace."
  netnsPath: String
  "What is attached to it."
  attachments: [Attachment!]!
}

"A control group."
type Cgroup {
  "Its id."
  id: UInt64!
  "Its path below the mount point; null when it is gone."
  path: String
  "What is attached to it."
  attachments: [Attachment!]!
}
]]

local function rows_of_program(k, id)
  return k:index("attachments", function(add)
    for _, row in ipairs(k:attachments()) do
      if row.prog_id then add(row.prog_id, row) end
    end
  end)[id] or {}
end

-- With what control groups inherit, of one program or of all.
local function effective(id)
  local rows = {}
  for _, row in ipairs(assert(attach.list { effective = true })) do
    if not id or row.prog_id == id then rows[#rows + 1] = row end
  end
  return rows
end

local function list(_, args, ctx)
  if args.effective then return effective(args.programId) end
  local k = kernel.of(ctx)
  return args.programId and rows_of_program(k, args.programId) or k:attachments()
end

local function interface_of(row)
  if not row.ifindex then return nil end
  return {
    key = ("%d@%u"):format(row.ifindex, row.netns or 0), ifindex = row.ifindex,
    name = row.ifname, netns = row.netns, netnsPath = row.netns_path,
  }
end

-- A link that was detached has none: the kernel tells 0.
local function cgroup_of(row)
  if not row.cgroup_id or row.cgroup_id == 0 then return nil end
  return { key = row.cgroup_id, id = row.cgroup_id, path = row.cgroup_path }
end

-- The places of a kind that something hangs on, each once.
local function places(place_of)
  return function(_, _, ctx)
    local found, seen = {}, {}
    for _, row in ipairs(kernel.of(ctx):attachments()) do
      local place = place_of(row)
      if place and not seen[place.key] then
        seen[place.key] = true
        found[#found + 1] = place
      end
    end
    return found
  end
end

-- What hangs on a place.
local function hanging(place_of)
  return function(place, _, ctx)
    local rows = {}
    for _, row in ipairs(kernel.of(ctx):attachments()) do
      local other = place_of(row)
      if other and other.key == place.key then rows[#rows + 1] = row end
    end
    return rows
  end
end

local function owners(row, _, ctx)
  if row.link_id then return kernel.of(ctx):owners_of("link", row.link_id) end
  if not row.pid then return {} end
  return { { kind = "prog", id = row.prog_id, pid = row.pid, fd = row.fd, comm = row.comm } }
end

local function object(kind, field)
  return function(row, _, ctx)
    return row[field] and kernel.of(ctx):object(kind, row[field])
  end
end

attachment.resolvers = {
  Query = {
    attachments = list,
    interfaces = places(interface_of),
    cgroups = places(cgroup_of),
  },
  Program = {
    attachments = function(prog, _, ctx) return rows_of_program(kernel.of(ctx), prog.id) end,
  },
  Attachment = {
    programId = function(row) return row.prog_id end,
    program = object("prog", "prog_id"),
    attachType = function(row) return row.attach_type end,
    since = function(row, _, ctx)
      return row.since and kernel.of(ctx):boot_time() + row.since / 1e9
    end,
    link = object("link", "link_id"),
    map = object("map", "map_id"),
    interface = interface_of,
    cgroup = cgroup_of,
    ["function"] = function(row) return row.func end,
    owners = owners,
    own = function(row) return row.own or false end,
    details = function(row) return cells.exact(row) end,
  },
  Interface = { attachments = hanging(interface_of) },
  Cgroup = { attachments = hanging(cgroup_of) },
}

return attachment
