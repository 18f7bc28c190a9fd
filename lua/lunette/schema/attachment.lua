-- The attach view in GraphQL: every attachment of a program, however it is held.

local cells = require("lunette.table.cells")
local kernel = require("lunette.schema.kernel")
local subscription = require("lunette.schema.subscription")

local attachment = {}

attachment.sdl = [[
extend type Query {
  "Every attach point in use: links, perf events, cgroups, traffic control, XDP, routes, sockets."
  attachments(
    "Only those of this program."
    programId: Int
    "Add the programs that control groups inherit."
    effective: Boolean = false
    "False leaves out Lunette's own, true leaves only those."
    own: Boolean
  ): [Attachment!]!
  "Attach points that could not be read, and why: a sentence each."
  attachmentNotes: [String!]!
  "The network interfaces that have a program, in every network namespace."
  interfaces: [Interface!]!
  "The cgroups that have a program."
  cgroups: [Cgroup!]!
}

extend type Subscription {
  "The attach points in use, at once and whenever the answer changes."
  attachments(
    "Only those of this program."
    programId: Int
    "Add the programs that control groups inherit."
    effective: Boolean = false
    "False leaves out Lunette's own, true leaves only those."
    own: Boolean
    "Seconds between two looks."
    every: Float = 2.0
  ): [Attachment!]!
}

extend type Program {
  "The attach points of the program."
  attachments: [Attachment!]!
}

"A program at an attach point."
type Attachment {
  "Id of the program."
  programId: Int
  "The program; null where the kernel tells a name only."
  program: Program
  "Where: tracepoint, kprobe, fentry, cgroup, xdp, tc, route, struct_ops, socket, tail_call, …"
  kind: String!
  "The target, in words."
  target: String!
  "What holds it there: link, fd, prog, netlink, socket, map, or inherited."
  how: String!
  "The kernel's attach type, where there is one."
  attachType: String
  """
  The earliest time of attaching, in seconds since 1970: when its program was loaded. The kernel
  does not tell when it was attached.
  """
  since: Float
  "The latest time of attaching: when its link was pinned; null where that is unknown."
  sinceLatest: Float
  "The link, where it is held by one."
  link: Link
  "The map that it is attached to or held by: a socket map, program array or struct_ops map."
  map: Map
  "The interface that it is attached to."
  interface: Interface
  "The cgroup that it is attached to."
  cgroup: Cgroup
  "The ancestor from which the control group inherits it."
  inheritedFrom: Cgroup
  "The function that it is on, where it is on one."
  function: String
  "The program whose function it replaces or traces."
  targetProgram: Program
  "The processes that hold it there."
  owners: [Owner!]!
  "The pins that hold it there."
  pins: [String!]!
  "What else holds it there: the control group, the interface, a map; null where nothing else does."
  heldBy: String
  "Is its program one of Lunette's own?"
  own: Boolean!
  "All that is known of it."
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
  "A path of that namespace."
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

local function list(_, args, ctx)
  local k, rows = kernel.of(ctx), {}
  for _, row in ipairs(k:attachments(args.effective)) do
    if (not args.programId or row.prog_id == args.programId)
      and (args.own == nil or row.own == args.own) then
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function live(args, ctx) return list(nil, args, ctx) end

local function interface_of(row)
  if not row.ifindex then return nil end
  return {
    key = ("%d@%u"):format(row.ifindex, row.netns or 0), ifindex = row.ifindex,
    name = row.ifname, netns = row.netns, netnsPath = row.netns_path,
  }
end

-- The cgroup of a row; a detached link has none, for which the kernel reports 0.
local function cgroup_of(row)
  if not row.cgroup_id or row.cgroup_id == 0 then return nil end
  return { key = row.cgroup_id, id = row.cgroup_id, path = row.cgroup_path }
end

-- The distinct places of a kind with attachments.
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

-- The attachments at a place.
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

-- The processes that hold the attachment: by the link, by the map it is in, or by a perf event.
local function owners(row)
  local kind = row.link_id and "link" or row.how == "map" and "map" or "prog"
  local id = row.link_id or row.how == "map" and row.map_id or row.prog_id
  local list_of = {}
  for i, holder in ipairs(row.holders) do
    list_of[i] =
      { kind = kind, id = id, pid = holder.pid, fd = holder.fd, comm = holder.comm }
  end
  return list_of
end

local function inherited_from(row)
  if not row.from_cgroup_id then return nil end
  return { key = row.from_cgroup_id, id = row.from_cgroup_id, path = row.from_cgroup_path }
end

local function at(field)
  return function(row, _, ctx)
    return row[field] and kernel.of(ctx):boot_time() + row[field] / 1e9
  end
end

-- Fields of the row that have GraphQL fields of their own.
local PLAIN = {
  holders = true, pins = true, held_by = true, since_latest = true, link_target = true,
}

local function details(row)
  local rest = {}
  for name, value in pairs(row) do
    if not PLAIN[name] then rest[name] = value end
  end
  return cells.exact(rest)
end

local function object(kind, field)
  return function(row, _, ctx)
    return row[field] and kernel.of(ctx):object(kind, row[field])
  end
end

attachment.resolvers = {
  Query = {
    attachments = list,
    attachmentNotes = function(_, _, ctx) return kernel.of(ctx):attachment_notes() end,
    interfaces = places(interface_of),
    cgroups = places(cgroup_of),
  },
  Subscription = {
    attachments = {
      subscribe = subscription.when_other(live), resolve = function(event) return event end,
    },
  },
  Program = {
    attachments = function(prog, _, ctx) return rows_of_program(kernel.of(ctx), prog.id) end,
  },
  Attachment = {
    programId = function(row) return row.prog_id end,
    program = object("prog", "prog_id"),
    attachType = function(row) return row.attach_type end,
    since = at("since"),
    sinceLatest = at("since_latest"),
    link = object("link", "link_id"),
    map = object("map", "map_id"),
    interface = interface_of,
    cgroup = cgroup_of,
    ["function"] = function(row) return row.func end,
    inheritedFrom = inherited_from,
    targetProgram = object("prog", "target_prog_id"),
    owners = owners,
    heldBy = function(row) return row.held_by end,
    own = function(row) return row.own or false end,
    details = details,
  },
  Interface = { attachments = hanging(interface_of) },
  Cgroup = { attachments = hanging(cgroup_of) },
}

return attachment
