-- Programs: their properties and relations.

local bpf = require("bpf")
local names = require("lunette.names")
local filter = require("lunette.schema.filter")
local extension = require("lunette.schema.extension")
local kernel = require("lunette.schema.kernel")
local tracepoints = require("lunette.attach.tracepoints")
local user_names = require("lunette.schema.user_names")

local program = {}

program.sdl = [[
extend type Query {
  "One program by its id."
  program("The kernel's id." id: Int!): Program!
  "The loaded programs, by id."
  programs(
    "Only programs that match. Without a filter Lunette's own are left out; {} has them, too."
    filter: ProgramFilter = { own: false }
  ): [Program!]!
}

"Which programs. All conditions given must hold."
input ProgramFilter {
  "One of these ids."
  ids: [Int!]
  "The name, or a glob for it, such as sys_*."
  name: String
  "A type, in dev-agent's spelling (TracePoint) or the kernel's (tracepoint)."
  type: String
  "The tag."
  tag: String
  "False leaves out Lunette's own programs, true leaves only those."
  own: Boolean
  "Text in the name, id, type, tag, a pin, a map's name or an owner's command."
  search: String
}

"A loaded BPF program."
type Program {
  "The kernel's id."
  id: Int!
  "Why nothing else could be read, or null."
  error: String
  "The full name; without BTF only the 15 characters that the kernel keeps."
  name: String
  "Its type in dev-agent's spelling, such as TracePoint."
  type: String!
  "Its type in the kernel's spelling, such as tracepoint."
  kernelType: String!
  "The kernel's number of the type."
  typeId: Int!
  "Hash of its instructions, in hex."
  tag: String
  "Seconds spent running while the kernel's statistics were on."
  runTime: Float
  "How often it ran while the kernel's statistics were on. A number, exact up to 2^53."
  runCount: Int
  "How often it ran while the kernel's statistics were on, exact."
  runs: UInt64
  "Nanoseconds spent running, exact."
  runTimeNs: UInt64
  "How often it was skipped because it was already running on that CPU."
  recursionMisses: UInt64
  "Id of its BTF object."
  btfId: Int
  "The verifier's log, for a program that Lunette loaded itself; the kernel doesn't keep it."
  verifierLog: String
  "Is it pinned in a BPF file system?"
  isPinned: Boolean
  "The paths it is pinned at."
  pins: [String!]!
  "When it was loaded, in seconds since 1970."
  loadTime: Float
  "Id of the user who loaded it."
  uid: Int
  "Name of the user who loaded it."
  user: String
  "Is its licence compatible with the GPL?"
  gplCompatible: Boolean
  "Memory that it holds, in bytes."
  memory: Float
  "Size of the translated instructions, in bytes."
  xlatedSize: Int
  "Size of the machine code, in bytes; 0 without a just-in-time compiler."
  jitedSize: Int
  "Instructions that the verifier walked."
  verifiedInsns: Int
  "Its functions by number: the program itself and its subprograms."
  functionCount: Int
  "Instructions with a known source line."
  lineCount: Int
  "The interface that it was loaded for, by number; of programs bound to a device."
  ifindex: Int
  "That interface's name; null where its network namespace can't be opened."
  interface: String
  "Inode of that interface's network namespace."
  netns: UInt64
  "Device number of that namespace's inode, as the kernel writes it."
  netnsDev: UInt64
  "A path of that namespace, such as /run/netns/NAME."
  netnsPath: String
  "The kernel function or program that it is built to attach to, where it names one."
  attachTo: String
  "The BTF object that has that function: the kernel's, a module's, another program's."
  attachBtf: Btf
  "The function's type there."
  attachBtfId: Int
  "Is it one of Lunette's own?"
  own: Boolean!
  "Was it cut off from the device it was loaded for?"
  orphaned: Boolean
  "The maps that it uses."
  maps: [Map!]!
  "Its BTF object."
  btf: Btf
  "The links that hold it at its attach points."
  links: [Link!]!
  "Perf events that hold it, by process (BPF_TASK_FD_QUERY)."
  tasks: [Task!]!
  "The processes that hold it."
  owners: [Owner!]!
  "Programs that it may call by tail call, through its program arrays."
  tailCalls: [TailCall!]!
}

"A perf event that holds a program."
type Task {
  "The process."
  pid: Int!
  "Its file descriptor."
  fd: Int!
  "RawTracepoint, Tracepoint, Kprobe, Kretprobe, Uprobe or Uretprobe."
  type: String!
  "The tracepoint, the function or the file."
  name: String
  "The same, a tracepoint with its category where that is known: raw_syscalls:sys_enter."
  place: String
  "Offset in the function or the file, in decimal."
  probeOffset: String
  "Address of the probe, in decimal."
  probeAddr: String
}

"A possible tail call."
type TailCall {
  "The program array."
  via: Map!
  "The slot in it."
  index: Int!
  "The program in that slot."
  program: Program!
}
]]

local NS = 1e-9

-- Unsigned 32-bit numbers and counts: they may exceed Int and are plain JSON numbers.
local function wide(resolve) return { resolve = resolve, wide = true } end

local function type_name(prog) return prog.type and names.prog(prog.type) or "" end

-- The BTF object of the function that a program was loaded for. A program attached to another
-- program no longer has it; its link does.
local function attach_btf(prog, k)
  local id = prog.attach_btf_obj_id or 0
  if id ~= 0 or (prog.attach_btf_id or 0) == 0 then return id ~= 0 and id or nil end
  local on = extension.of_program(k, prog)[1]
  return on and on.target.btf_id
end

-- The kernel function, tracepoint or hook that a program was loaded for, by BTF.
local function attach_to(prog, _, ctx)
  local number = prog.attach_btf_id or 0
  local object = number ~= 0 and attach_btf(prog, kernel.of(ctx))
  local found = object and bpf.btf_names(object, { number })
  return found and found[1] and found[1]:gsub("^btf_trace_", "") or nil
end

-- The device that a program was loaded for; looked up once per request.
local function device(prog, ctx)
  if (prog.ifindex or 0) == 0 then return {} end
  return kernel.of(ctx):index("device " .. prog.id, function(add)
    add("found", bpf.interface(prog.ifindex, prog.netns_ino) or {})
  end).found[1]
end

local function nonzero(n) return n ~= 0 and n or nil end

-- The words of a program that a search looks through.
local function haystack(prog, k)
  local words = { prog.name or "", tostring(prog.id), type_name(prog), prog.type, prog.tag }
  for _, path in ipairs(k:pins_of("prog", prog.id)) do words[#words + 1] = path end
  for _, map in ipairs(k:maps_of(prog)) do words[#words + 1] = map.full_name or map.name or "" end
  for _, owner in ipairs(k:owners_of("prog", prog.id)) do words[#words + 1] = owner.comm end
  return words
end

local function list(_, args, ctx)
  local k = kernel.of(ctx)
  local wanted = args.filter
  if not wanted then return k:list("prog") end
  return filter.objects(k, "prog", wanted, { parse_type = names.parse_prog, haystack = haystack })
end

local function tail_calls(prog, _, ctx)
  local k = kernel.of(ctx)
  local calls = {}
  for _, map in ipairs(k:maps_of(prog)) do
    if map.type == "prog_array" then
      for _, slot in ipairs(k:slots(map)) do
        calls[#calls + 1] = { via = map, index = slot.index, program = k:object("prog", slot.id) }
      end
    end
  end
  return calls
end

program.resolvers = {
  Query = {
    program = function(_, args, ctx) return kernel.of(ctx):demand("prog", args.id) end,
    programs = list,
  },
  Program = {
    type = type_name,
    kernelType = function(prog) return prog.type or "" end,
    typeId = function(prog) return prog.type_id or -1 end,
    runTime = function(prog) return prog.run_time_ns and prog.run_time_ns * NS end,
    runCount = wide(function(prog) return prog.run_cnt end),
    runs = function(prog) return prog.run_cnt end,
    runTimeNs = function(prog) return prog.run_time_ns end,
    recursionMisses = function(prog) return prog.recursion_misses end,
    btfId = function(prog) return nonzero(prog.btf_id) end,
    isPinned = function(prog, _, ctx) return #kernel.of(ctx):pins_of("prog", prog.id) > 0 end,
    pins = function(prog, _, ctx) return kernel.of(ctx):pins_of("prog", prog.id) end,
    loadTime = function(prog, _, ctx)
      return prog.load_time and kernel.of(ctx):boot_time() + prog.load_time * NS
    end,
    user = function(prog) return prog.uid and user_names.name(prog.uid) end,
    gplCompatible = function(prog) return prog.gpl end,
    memory = function(prog) return prog.memlock end,
    xlatedSize = function(prog) return prog.xlated_len end,
    jitedSize = function(prog) return prog.jited_len end,
    verifiedInsns = wide(function(prog) return prog.verified_insns end),
    uid = wide(function(prog) return prog.uid end),
    functionCount = function(prog) return nonzero(prog.func_count) end,
    lineCount = function(prog) return prog.line_count end,
    ifindex = function(prog) return nonzero(prog.ifindex) end,
    interface = function(prog, _, ctx) return device(prog, ctx).name end,
    netns = function(prog) return nonzero(prog.netns_ino) end,
    netnsDev = function(prog) return nonzero(prog.netns_dev) end,
    netnsPath = function(prog, _, ctx) return device(prog, ctx).netns_path end,
    attachTo = attach_to,
    attachBtf = function(prog, _, ctx)
      local id = attach_btf(prog, kernel.of(ctx))
      return id and kernel.of(ctx):object("btf", id)
    end,
    attachBtfId = function(prog) return nonzero(prog.attach_btf_id) end,
    own = function(prog) return prog.own or false end,
    maps = function(prog, _, ctx) return kernel.of(ctx):maps_of(prog) end,
    btf = function(prog, _, ctx)
      return nonzero(prog.btf_id) and kernel.of(ctx):object("btf", prog.btf_id)
    end,
    links = function(prog, _, ctx) return kernel.of(ctx):having("link", "prog_id", prog.id) end,
    tasks = function(prog, _, ctx) return kernel.of(ctx):tasks_of(prog.id) end,
    owners = function(prog, _, ctx) return kernel.of(ctx):owners_of("prog", prog.id) end,
    tailCalls = tail_calls,
  },
  Task = {
    type = function(task) return names.task(task.type) end,
    name = function(task) return task.name end,
    place = function(task)
      local tracepoint = task.type == "tracepoint" and task.name
      return tracepoint and tracepoints.words(tracepoint) or task.name
    end,
    probeOffset = function(task) return task.probe_offset and ("%u"):format(task.probe_offset) end,
    probeAddr = function(task) return task.probe_addr and ("%u"):format(task.probe_addr) end,
  },
}

return program
