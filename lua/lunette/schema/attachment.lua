-- One view of where programs hang, however they are held there.

local attachments = require("lunette.schema.attachments")
local kernel = require("lunette.schema.kernel")

local attachment = {}

attachment.sdl = [[
extend type Query {
  "Every attach point in use: links, perf events, cgroups, traffic control, XDP."
  attachments("Only those of this program." programId: Int): [Attachment!]!
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
  "The program."
  program: Program
  "Where: tracepoint, kprobe, uprobe, cgroup, xdp, tcx, …"
  kind: String!
  "What it is attached to, in words."
  target: String!
  "How it is held there: link, fd, netlink or cgroup."
  how: String!
  "The kernel's attach type, where there is one."
  attachType: String
  "The link, where it is held by one."
  link: Link
  "The interface, of what is attached to one."
  interface: Interface
  "The cgroup, of what is attached to one."
  cgroup: Cgroup
  "The processes that hold it."
  owners: [Owner!]!
}

"A network interface."
type Interface {
  "Its number."
  ifindex: Int!
  "Its name; null when it is gone."
  name: String
  "Inode of its network namespace."
  netns: UInt64
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

local function of_program(k, id)
  return k:index("attachments", function(add)
    for _, item in ipairs(attachments.list(k)) do
      if item.prog_id then add(item.prog_id, item) end
    end
  end)[id] or {}
end

local function list(_, args, ctx)
  local k = kernel.of(ctx)
  return args.programId and of_program(k, args.programId) or attachments.list(k)
end

-- The places of one kind that something hangs on, each with what hangs there.
local function places(field, key)
  return function(_, _, ctx)
    local found, by_key = {}, {}
    for _, item in ipairs(attachments.list(kernel.of(ctx))) do
      local place = item[field]
      if place then
        local id = key(place)
        if not by_key[id] then
          by_key[id] = setmetatable({ attachments = {} }, { __index = place })
          found[#found + 1] = by_key[id]
        end
        table.insert(by_key[id].attachments, item)
      end
    end
    return found
  end
end

local function interface_key(place) return ("%d@%u"):format(place.ifindex, place.netns or 0) end
local function cgroup_key(place) return place.id end

-- What hangs on a place that was reached from one of its attachments.
local function around(field, key)
  return function(place, _, ctx)
    if rawget(place, "attachments") then return place.attachments end
    local same = {}
    for _, item in ipairs(attachments.list(kernel.of(ctx))) do
      if item[field] and key(item[field]) == key(place) then same[#same + 1] = item end
    end
    return same
  end
end

attachment.resolvers = {
  Query = {
    attachments = list,
    interfaces = places("interface", interface_key),
    cgroups = places("cgroup", cgroup_key),
  },
  Program = {
    attachments = function(prog, _, ctx) return of_program(kernel.of(ctx), prog.id) end,
  },
  Attachment = {
    programId = function(item) return item.prog_id end,
    program = function(item, _, ctx)
      return item.prog_id and kernel.of(ctx):object("prog", item.prog_id)
    end,
    attachType = function(item) return item.attach_type end,
    owners = function(item, _, ctx)
      if not item.link then return {} end
      return kernel.of(ctx):owners_of("link", item.link.id)
    end,
  },
  Interface = { attachments = around("interface", interface_key) },
  Cgroup = { attachments = around("cgroup", cgroup_key) },
}

return attachment
