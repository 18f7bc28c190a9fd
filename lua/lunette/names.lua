-- Names of types in two spellings: the kernel's ("percpu_hash", as bpftool has it) and that of
-- cilium/ebpf v0.10 ("PerCPUHash"), which eBPF explorer's users know.

local names = {}

local MAPS = {
  unspec = "UnspecifiedMap",
  hash = "Hash",
  array = "Array",
  prog_array = "ProgramArray",
  perf_event_array = "PerfEventArray",
  percpu_hash = "PerCPUHash",
  percpu_array = "PerCPUArray",
  stack_trace = "StackTrace",
  cgroup_array = "CGroupArray",
  lru_hash = "LRUHash",
  lru_percpu_hash = "LRUCPUHash",
  lpm_trie = "LPMTrie",
  array_of_maps = "ArrayOfMaps",
  hash_of_maps = "HashOfMaps",
  devmap = "DevMap",
  sockmap = "SockMap",
  cpumap = "CPUMap",
  xskmap = "XSKMap",
  sockhash = "SockHash",
  cgroup_storage = "CGroupStorage",
  reuseport_sockarray = "ReusePortSockArray",
  percpu_cgroup_storage = "PerCPUCGroupStorage",
  queue = "Queue",
  stack = "Stack",
  sk_storage = "SkStorage",
  devmap_hash = "DevMapHash",
  struct_ops = "StructOpsMap",
  ringbuf = "RingBuf",
  inode_storage = "InodeStorage",
  task_storage = "TaskStorage",
  -- Newer than v0.10: as its successors spell them, but for cgrp_storage, whose name there
  -- differs from cgroup_storage's only in the case of one letter.
  bloom_filter = "BloomFilter",
  user_ringbuf = "UserRingbuf",
  cgrp_storage = "CgrpStorage",
  arena = "Arena",
  insn_array = "InsnArray",
  rhash = "RHash",
}

local PROGS = {
  unspec = "UnspecifiedProgram",
  socket_filter = "SocketFilter",
  kprobe = "Kprobe",
  sched_cls = "SchedCLS",
  sched_act = "SchedACT",
  tracepoint = "TracePoint",
  xdp = "XDP",
  perf_event = "PerfEvent",
  cgroup_skb = "CGroupSKB",
  cgroup_sock = "CGroupSock",
  lwt_in = "LWTIn",
  lwt_out = "LWTOut",
  lwt_xmit = "LWTXmit",
  sock_ops = "SockOps",
  sk_skb = "SkSKB",
  cgroup_device = "CGroupDevice",
  sk_msg = "SkMsg",
  raw_tracepoint = "RawTracepoint",
  cgroup_sock_addr = "CGroupSockAddr",
  lwt_seg6local = "LWTSeg6Local",
  lirc_mode2 = "LircMode2",
  sk_reuseport = "SkReuseport",
  flow_dissector = "FlowDissector",
  cgroup_sysctl = "CGroupSysctl",
  raw_tracepoint_writable = "RawTracepointWritable",
  cgroup_sockopt = "CGroupSockopt",
  tracing = "Tracing",
  struct_ops = "StructOps",
  ext = "Extension",
  lsm = "LSM",
  sk_lookup = "SkLookup",
  syscall = "Syscall",
  netfilter = "Netfilter",
}

local TASKS = {
  raw_tracepoint = "RawTracepoint",
  tracepoint = "Tracepoint",
  kprobe = "Kprobe",
  kretprobe = "Kretprobe",
  uprobe = "Uprobe",
  uretprobe = "Uretprobe",
}

-- Every spelling, in lower case, to the kernel's.
local function spellings(list)
  local index = {}
  for kernel, cilium in pairs(list) do
    index[kernel] = kernel
    index[cilium:lower()] = kernel
  end
  return index
end

local map_index, prog_index = spellings(MAPS), spellings(PROGS)

-- A type that is newer than this list ("type_41") is written as Go's stringer would.
local function spell(list, word, kernel)
  local number = kernel:match("^type_(%d+)$")
  return list[kernel] or (number and ("%s(%s)"):format(word, number)) or kernel
end

local function parse(index, word, name)
  local number = name:match("^" .. word .. "%((%d+)%)$") or name:match("^type_(%d+)$")
  return number and "type_" .. number or index[name:lower()]
end

--- A map's name: as its program declares it, or the 15 characters that the kernel keeps.
---@param info MapInfo
---@return string
function names.of(info) return info.full_name or info.name end

--- A word with its article: "an array", "a hash".
---@param word string
---@return string
function names.a(word) return (word:find("^[aeio]") and "an " or "a ") .. word end

--- A map type as cilium/ebpf spells it: names.map("percpu_hash") == "PerCPUHash".
---@param kernel string
---@return string
function names.map(kernel) return spell(MAPS, "MapType", kernel) end

--- A program type as cilium/ebpf spells it: names.prog("sched_cls") == "SchedCLS".
---@param kernel string
---@return string
function names.prog(kernel) return spell(PROGS, "ProgramType", kernel) end

--- The type of a task's descriptor (bpf.task_fd_query), as eBPF explorer spells it.
---@param kernel string
---@return string
function names.task(kernel) return TASKS[kernel] or kernel end

--- A map type in either spelling and any case, as the kernel spells it; nil: no such type.
---@param name string
---@return string|nil
function names.parse_map(name) return parse(map_index, "MapType", name) end

--- A program type in either spelling, as the kernel spells it; nil: no such type.
---@param name string
---@return string|nil
function names.parse_prog(name) return parse(prog_index, "ProgramType", name) end

return names
