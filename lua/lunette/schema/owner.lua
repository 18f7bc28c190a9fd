-- Holders: processes with descriptors, paths with pins; and objects that seem forgotten.

local kernel = require("lunette.schema.kernel")
local leaks = require("lunette.leaks")
local kinds = require("lunette.schema.kinds")
local container = require("lunette.container")
local process = require("lunette.schema.process")
local subscription = require("lunette.schema.subscription")

local owner = {}

owner.sdl = [[
extend type Query {
  "The holders of objects: process, object and descriptor."
  owners("Only those of this process." pid: Int): [Owner!]!
  "The processes that hold BPF objects."
  processes: [Process!]!
  "One process by its id; null when it holds no object."
  process("Its id." pid: Int!): Process
  "The pins in the BPF file systems."
  pins: [Pin!]!
  "Objects that are probably leaked."
  leaks: [Leak!]!
}

extend type Subscription {
  "The holders of objects, at once and whenever they change."
  owners(
    "Only those of this process."
    pid: Int
    "Seconds between two looks."
    every: Float = 2.0
  ): [Owner!]!
  "The processes that hold BPF objects, at once and whenever their objects change."
  processes("Seconds between two looks." every: Float = 2.0): [Process!]!
  "One process, at once and whenever its objects change; null when it holds none."
  process(
    "Its id."
    pid: Int!
    "Seconds between two looks."
    every: Float = 2.0
  ): Process
  "Objects that are probably leaked, at once and whenever the list changes."
  leaks("Seconds between two looks." every: Float = 5.0): [Leak!]!
}

"A process that holds an object."
type Owner {
  "The kind of object."
  kind: ObjectKind!
  "The object's id."
  objectId: Int!
  "The object's id."
  id: Int! @deprecated(reason: "Caches that go by id take it for the identity: use objectId.")
  "The process."
  pid: Int!
  "Its command."
  comm: String!
  "The descriptor, where it is known."
  fd: Int
  "The whole process."
  process: Process
  "The container and pod of the process, or its systemd service, by its cgroup."
  place: String
  "The program that is held, of kind PROGRAM."
  program: Program
  "The map that is held, of kind MAP."
  map: Map
  "The link that is held, of kind LINK."
  link: Link
}

"A process that holds BPF objects."
type Process {
  "Its id."
  pid: Int!
  "Its command."
  comm: String!
  "Its command line."
  cmdline: String
  "Its cgroup's path."
  cgroup: String
  "The systemd unit, by that path."
  unit: String
  "The container's id or name, by that path."
  container: String
  "The container runtime, by that path: docker, containerd, cri-o, podman, lxc, nspawn, …"
  runtime: String
  "The Kubernetes pod's id, by that path."
  pod: String
  "The programs that it holds."
  programs: [Program!]!
  "The maps that it holds."
  maps: [Map!]!
  "The links that it holds."
  links: [Link!]!
}

"A path in a BPF file system."
type Pin {
  "The path."
  path: String!
  "The kind of object that is pinned."
  kind: ObjectKind!
  "Its id."
  objectId: Int!
  "Its id."
  id: Int! @deprecated(reason: "Caches that go by id take it for the identity: use objectId.")
  "The program, of kind PROGRAM."
  program: Program
  "The map, of kind MAP."
  map: Map
  "The link, of kind LINK."
  link: Link
  "The time of pinning, in seconds since 1970."
  time: Float
}

"An object that is probably leaked."
type Leak {
  "The kind of object."
  kind: ObjectKind!
  "Its id."
  objectId: Int!
  "Its id."
  id: Int! @deprecated(reason: "Caches that go by id take it for the identity: use objectId.")
  "Its name."
  name: String
  "Why it is probably leaked, in a sentence."
  why: String!
  "How to remove it: a command, or a sentence where there is none."
  remedy: String!
  "Bytes that it holds."
  memory: Float
}
]]

-- A resolver that returns a value only for one kind of object.
local function object_of(kind)
  return function(item, _, ctx)
    return item.kind == kind and kernel.of(ctx):object(kind, item.id) or nil
  end
end

local function object_id(item) return item.id end

local function kind_enum(item) return kinds.enum[item.kind] end

-- The distinct objects of one kind that a process holds.
local function held(kind)
  return function(proc, _, ctx)
    local k = kernel.of(ctx)
    local list, seen = {}, {}
    for _, hold in ipairs(k:held_by(proc.pid)) do
      if hold.kind == kind and not seen[hold.id] then
        seen[hold.id] = true
        list[#list + 1] = k:object(kind, hold.id)
      end
    end
    return list
  end
end

local function processes(_, _, ctx)
  local list, seen = {}, {}
  for _, hold in ipairs(kernel.of(ctx):owners()) do
    if not seen[hold.pid] then
      seen[hold.pid] = true
      list[#list + 1] = { pid = hold.pid, comm = hold.comm }
    end
  end
  table.sort(list, function(a, b) return a.pid < b.pid end)
  return list
end

local function one_process(_, args, ctx)
  local hold = kernel.of(ctx):held_by(args.pid)[1]
  return hold and { pid = hold.pid, comm = hold.comm }
end

local function owners(args, ctx)
  local k = kernel.of(ctx)
  return args.pid and k:held_by(args.pid) or k:owners()
end

local function all_leaks(_, ctx)
  kernel.of(ctx):list("prog") -- raises the reason when the privilege is missing
  return assert(leaks.list())
end

local TOLD = { prog = true, map = true, link = true }

-- A text of all holders and objects: unchanged means that nothing must be sent.
local function holding(holds)
  local lines, seen = {}, {}
  for _, hold in ipairs(holds) do
    local what = TOLD[hold.kind] and hold.kind .. hold.id or ""
    local line = table.concat({ hold.pid, hold.comm, what }, " ")
    if not seen[line] then lines[#lines + 1] = line end
    seen[line] = true
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- Sends an event when the holders have changed. The result is wrapped in a table, because it may be
-- nil.
local function when_held(find)
  return function(root, args, ctx)
    local last
    return subscription.timed(function(given, context)
      local now = holding(owners(given, context))
      if now == last then return nil end
      last = now
      return { found = find(nil, given, context) }
    end)(root, args, ctx)
  end
end

local function itself(event) return event end
local function found(event) return event.found end

-- A process may hold thousands of objects: its cgroup is read once per request.
local function cgroup(proc, ctx) return kernel.of(ctx):cgroup_of_process(proc.pid) end

owner.resolvers = {
  Query = {
    owners = function(_, args, ctx) return owners(args, ctx) end,
    processes = processes,
    process = one_process,
    pins = function(_, _, ctx) return kernel.of(ctx):pins() end,
    leaks = function(_, args, ctx) return all_leaks(args, ctx) end,
  },
  Subscription = {
    owners = { subscribe = subscription.when_other(owners), resolve = itself },
    processes = { subscribe = when_held(processes), resolve = found },
    process = { subscribe = when_held(one_process), resolve = found },
    leaks = { subscribe = subscription.when_other(all_leaks), resolve = itself },
  },
  Owner = {
    kind = kind_enum,
    objectId = object_id,
    process = function(item) return { pid = item.pid, comm = item.comm } end,
    place = function(item, _, ctx) return container.place(cgroup(item, ctx)) end,
    program = object_of("prog"),
    map = object_of("map"),
    link = object_of("link"),
  },
  Process = {
    cmdline = function(proc) return process.cmdline(proc.pid) end,
    cgroup = function(proc, _, ctx) return cgroup(proc, ctx) end,
    unit = function(proc, _, ctx) return container.unit(cgroup(proc, ctx)) end,
    container = function(proc, _, ctx) return (container.id(cgroup(proc, ctx))) end,
    runtime = function(proc, _, ctx) return (select(2, container.id(cgroup(proc, ctx)))) end,
    pod = function(proc, _, ctx) return container.pod(cgroup(proc, ctx)) end,
    programs = held("prog"),
    maps = held("map"),
    links = held("link"),
  },
  Pin = {
    kind = kind_enum,
    objectId = object_id,
    program = object_of("prog"),
    map = object_of("map"),
    link = object_of("link"),
  },
  Leak = { kind = kind_enum, objectId = object_id },
}

return owner
