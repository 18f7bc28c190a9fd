---@meta bpf
-- The C module behind require("bpf"): programs, links, pins, owners, symbols, the host. Object
-- files are in bpf_object.lua; maps, BTF and decode plans in bpf_map.lua. A test holds these files
-- against the module.
--
-- Lists are plain tables with the kernel's field names; they hold no descriptor, and an object that
-- vanishes while they are made is left out. 64-bit unsigned numbers are Lua integers: print them
-- with "%u". When the kernel refuses, a function returns nil, a message and the errno; on wrong
-- arguments it raises. Handles are closed by <close>, close() or collection.

local bpf = {}

---@alias bpf.Kind "prog"|"map"|"link"|"btf"

---@class bpf.ListOptions
---@field own? boolean false leaves out Lunette's own objects (names that begin with "lun_")

---@class bpf.ProgInfo
---@field id integer
---@field type string the kernel's name: "tracepoint"; "type_40" where it is newer than we are
---@field type_id integer
---@field name string the function's full name, by BTF where the kernel cut it at 15 bytes
---@field kernel_name string as the kernel has it
---@field tag string 16 hex digits
---@field gpl boolean
---@field load_time integer nanoseconds since boot
---@field uid integer the user that loaded it
---@field run_time_ns integer counted while statistics are on
---@field run_cnt integer likewise
---@field recursion_misses integer runs that were skipped
---@field verified_insns integer instructions that the verifier looked at
---@field xlated_len integer bytes
---@field jited_len integer bytes
---@field memlock integer bytes of kernel memory
---@field btf_id integer 0 for none
---@field func_count integer its functions: the program and its subprograms; 0 where unknown
---@field line_count integer places of which the source line is known
---@field map_ids integer[]
---@field ifindex integer the device it was loaded for, else 0
---@field netns_dev integer
---@field netns_ino integer
---@field attach_btf_obj_id integer BTF object of the kernel function or program it was made for
---@field attach_btf_id integer the function's type there
---@field orphaned boolean its device is gone
---@field own boolean one of Lunette's

---@class bpf.MapInfo
---@field id integer
---@field type string the kernel's name: "percpu_hash"
---@field type_id integer
---@field name string as the kernel has it: at most 15 characters
---@field full_name? string as its program declares it; nil where the kernel cut it and nothing has
--- the rest
---@field key_size integer
---@field value_size integer
---@field max_entries integer
---@field map_flags integer
---@field map_extra integer
---@field ifindex integer
---@field netns_dev integer
---@field netns_ino integer
---@field btf_id integer
---@field btf_key_type_id integer
---@field btf_value_type_id integer
---@field btf_vmlinux_value_type_id integer
---@field memlock integer bytes of kernel memory
---@field frozen boolean user space can no longer write it
---@field per_cpu boolean an entry has a value for each possible CPU
---@field own boolean one of Lunette's

---The fields of each type beyond the first five, by the kernel's names: raw_tracepoint: tp_name,
---cookie. tracing: attach_type, target_obj_id, target_btf_id, cookie. cgroup: cgroup_id,
---attach_type. iter: target_name and map_id, cgroup_id, order, tid or pid. netns: netns_ino,
---attach_type. xdp: ifindex. tcx, netkit: ifindex, attach_type. netfilter: pf, hooknum, priority,
---flags. struct_ops: map_id. sockmap: map_id, attach_type. kprobe_multi: count, flags, retprobe,
---missed; addrs and cookies of one link. uprobe_multi: file_name, count, flags, retprobe, pid;
---offsets, cookies and
--- ref_ctr_offsets (of USDT semaphores, 0: none) of one link.
---perf_event: perf_type; (u)probes: func_name or file_name, offset, addr, missed, cookie;
---tracepoints: tp_name, cookie; other events: event_type, event_config, cookie.
---@class bpf.LinkInfo
---@field id integer
---@field type string the kernel's name: "perf_event"
---@field type_id integer
---@field prog_id integer
---@field own boolean its program is one of Lunette's
---@field attach_type? string "cgroup_inet_ingress"; attach_type_id is its number
---@field perf_type? "kprobe"|"kretprobe"|"uprobe"|"uretprobe"|"tracepoint"|"event"
---@field [string] any

---@class bpf.BtfInfo
---@field id integer
---@field name string "vmlinux", a module's name, "" for a program's
---@field size integer bytes
---@field kernel boolean the kernel's own, or a module's

---The ids of all objects of a kind: a cheap way to see new and vanished objects.
---@param kind bpf.Kind
---@return integer[]|nil, string? err, integer? errno
function bpf.ids(kind) end

---The kernel's name of a program, map or link type's number; "type_N" for unknown ones.
---@param kind bpf.Kind
---@param type_id integer
---@return string
function bpf.type_name(kind, type_id) end

---@param opts? bpf.ListOptions
---@return bpf.ProgInfo[]|nil, string? err, integer? errno
function bpf.progs(opts) end

---With ids: only these maps, without missing ones, each once and by id. One call reads them
---together, far faster than one map_info() after the other.
---@param opts? { own?: boolean, ids?: integer[] }
---@return bpf.MapInfo[]|nil, string? err, integer? errno
function bpf.maps(opts) end

---@param opts? bpf.ListOptions
---@return bpf.LinkInfo[]|nil, string? err, integer? errno
function bpf.links(opts) end

---@return bpf.BtfInfo[]|nil, string? err, integer? errno
function bpf.btfs() end

---@param id integer
---@return bpf.ProgInfo|nil, string? err, integer? errno
function bpf.prog_info(id) end

---A network interface by its number, in the network namespace of that inode: its name, nil when
---there is none, and a path by which the namespace is reached, nil when it can't be.
---@param ifindex integer
---@param netns_ino integer
---@return { name?: string, netns_path?: string }|nil, string? err, integer? errno
function bpf.interface(ifindex, netns_ino) end

---@param id integer
---@return bpf.MapInfo|nil, string? err, integer? errno
function bpf.map_info(id) end

---With the addresses (or offsets) and cookies of a multi link, which lists leave out.
---@param id integer
---@return bpf.LinkInfo|nil, string? err, integer? errno
function bpf.link_info(id) end

---@param id integer
---@return bpf.BtfInfo|nil, string? err, integer? errno
function bpf.btf_info(id) end

---A handle on a program: by id, by name (full, or as the kernel cut it; several programs of
---that name are an error that lists their ids), or by the path of a pin.
---@param which integer|string
---@return bpf.Prog|nil, string? err, integer? errno
function bpf.prog(which) end

---A handle on a link: by id, or by the path of a pin.
---@param which integer|string
---@return bpf.Link|nil, string? err, integer? errno
function bpf.link(which) end

---@class bpf.Prog
local Prog = {}

---@return bpf.ProgInfo|nil, string? err, integer? errno
function Prog:info() end

---The descriptor, which the handle goes on owning.
---@return integer
function Prog:fd() end

---@param path string in a BPF file system
---@return true|nil, string? err, integer? errno
function Prog:pin(path) end

---@class bpf.Outcome
---@field result integer what the program returned
---@field duration integer nanoseconds a run, on average
---@field output? string the packet afterwards
---@field context? string the context afterwards

---Runs the program by hand (BPF_PROG_RUN), where its type allows. The run may change maps and the
---kernel: guard it as a write. input is the packet; context is the context structure, or the
---arguments (eight bytes each) of a raw tracepoint.
---@param opts? { input?: string, context?: string, times?: integer }
---@return bpf.Outcome|nil, string? err, integer? errno
function Prog:run(opts) end

---The program's own stream (bpf_stream_printk) since any reader last read it: reading empties it.
---The kernel writes faults of programs to "stderr". Needs Linux 6.17.
---@param stream? "stdout"|"stderr"
---@return string|nil, string? err, integer? errno
function Prog:stream(stream) end

function Prog:close() end

---@class bpf.Link
local Link = {}

---@return bpf.LinkInfo|nil, string? err, integer? errno
function Link:info() end

---@return integer
function Link:fd() end

---@param path string in a BPF file system
---@return true|nil, string? err, integer? errno
function Link:pin(path) end

---Takes the program off its attach point, whoever else holds the link.
---@return true|nil, string? err, integer? errno
function Link:detach() end

function Link:close() end

---@class bpf.Pin
---@field path string
---@field kind "prog"|"map"|"link"
---@field id integer
---@field time? number when it was pinned, in seconds since 1970

---The pins of every BPF file system, also of file systems that only another mount namespace has
---(their paths begin with /proc/PID/root).
---@return bpf.Pin[]|nil, string? err, integer? errno
function bpf.pins() end

---The pin at a path, in any spelling (relative, with "..", by a symbolic link).
---@param path string
---@return bpf.Pin|nil, string? err, integer? errno
function bpf.pinned(path) end

---Pins what a handle holds.
---@param handle bpf.Prog|bpf.Map|bpf.Link
---@param path string
---@return true|nil, string? err, integer? errno
function bpf.pin(handle, path) end

---Removes a pin, and nothing that is none.
---@param path string
---@return true|nil, string? err, integer? errno
function bpf.unpin(path) end

---@class bpf.Owner
---Perf events, and sockets with a filter or in a reuseport group (these by the iterator only),
---count for the program that they run.
---@field kind bpf.Kind|"perf_event"|"socket"|"reuseport"
---@field id integer
---@field pid integer
---@field fd integer
---@field comm string the process' command, cut at 15 bytes
---@field socket? string a socket, described: "udp 127.0.0.1:53", "packet socket"
---@field event_type? integer of a perf event (by the iterator only), with event_config; and
---frequency or period, and cpu where it is bound to one

---The processes that hold objects by descriptor: read by an iterator program in the kernel, or from
---/proc where the program can't be loaded (or the caller asks for /proc). The second result names
---the way. With a kind and an id: only the holders of that object; with a pid: only objects of that
---process.
---@param opts? { method?: "iterator"|"proc", kind?: bpf.Kind, id?: integer, pid?: integer }
---@return bpf.Owner[]|nil, string method_or_err, integer? errno
function bpf.owners(opts) end

---@class bpf.CgroupProg
---@field cgroup_id integer
---@field path string below the hierarchy's root; "/" is the root
---@field prog_id integer
---@field attach_type string "cgroup_inet_ingress"
---@field attach_type_id integer
---@field attach_flags integer 1 is override, 2 is multi
---@field inherited boolean an ancestor has it
---@field from_id? integer that ancestor, with from_path; nil when it is out of our sight

---The programs attached to control groups (version 2), over the whole tree, by link or not;
---effective adds inherited programs: together, all programs that run for a group's members.
---@param opts? { effective?: boolean }
---@return bpf.CgroupProg[]|nil, string? err, integer? errno
function bpf.cgroup_progs(opts) end

---A control group's path below the hierarchy's root, by its id.
---@param id integer
---@return string|nil, string? err, integer? errno
function bpf.cgroup_path(id) end

---@class bpf.NetProg
---@field kind "xdp"|"tc"|"tcx"|"netkit"|"netns"|"tc_action"|"route"
---@field netns integer the namespace's inode
---@field netns_path string as bpf.netns has it
---@field prog_id? integer always there but for routes whose kernel tells only the name
---@field ifindex? integer
---@field ifname? string
---@field peer_ifindex? integer of what is attached at a netkit interface's peer: the peer's number,
---in the namespace that it is in; ifindex and ifname are of the interface that was asked
---@field mode? string xdp: "driver", "generic", "offload"; tc: "ingress", "egress", "qdisc",
---"class"; route: "in", "out", "xmit", "seg6local"
---@field attach_type? string of tcx, netkit and netns
---@field attach_type_id? integer
---@field block? integer tc: the block that interfaces share, in place of parent
---@field classifier? string tc_action: of the filter that it belongs to, nil when to none
---@field index? integer tc_action
---@field family? "ipv4"|"ipv6" route
---@field dst? string route: nil for a next hop object that no route uses; with dst_len
---@field gateway? string route
---@field table? integer route
---@field metric? integer route
---@field nexthop? integer route: the id of the next hop object that has the program
---@field parent? integer tc: 4294967282 (ffff:fff2) is ingress
---@field handle? integer tc
---@field chain? integer tc
---@field priority? integer tc
---@field protocol? integer tc: as in an Ethernet header, 3 for all
---@field direct_action? boolean tc
---@field name? string tc, tc_action and route: what its maker called it

---XDP, traffic control (filters and actions), tcx, netkit, routes (lightweight tunnels, SRv6),
---flow dissectors and socket lookup in every network namespace. Where routes are many, reading them
---takes long: routes = false leaves them out. A list with a text beside it is not complete: the
---text names what could not be read, and why. Routes lack `prog_id` then.
---@param opts? { routes?: boolean }
---@return bpf.NetProg[]|nil, string? missed_or_err, integer? errno
function bpf.net_progs(opts) end

---@class bpf.SockProg
---@field map_id integer
---@field prog_id integer
---@field attach_type string "sk_skb_stream_verdict"
---@field attach_type_id integer

---Parsers and verdicts on socket maps: on all, which opens every map to find them, or on these.
---@param map_ids? integer[]
---@return bpf.SockProg[]|nil, string? err, integer? errno
function bpf.sock_progs(map_ids) end

---Programs of infrared devices.
---@return { prog_id: integer, device: string }[]|nil, string? err, integer? errno
function bpf.lirc_progs() end

---@class bpf.Netns
---@field ino integer
---@field path string /run/netns/NAME, /proc/PID/ns/net, /proc/PID/task/TID/ns/net or /proc/PID/fd/N

---@class bpf.ProgSlot
---@field map_id integer
---@field index integer
---@field prog_id integer

---Which program is in which slot of the program arrays (tail calls), of one or of all: by a walk
---inside the kernel, or by a lookup a slot where the kernel takes no such iterator.
---@param opts? { map?: integer, method?: "iterator"|"lookup" }
---@return bpf.ProgSlot[]|nil, string? err, integer? errno
function bpf.prog_slots(opts) end

---The network namespaces, ours first: namespaces of processes and threads, namespaces that a mount
---in any mount namespace keeps, and namespaces that a process holds open.
---@return bpf.Netns[]|nil, string? err, integer? errno
function bpf.netns() end

---@class bpf.TaskFd
---@field pid integer
---@field fd integer
---@field comm string
---@field prog_id integer
---@field type "raw_tracepoint"|"tracepoint"|"kprobe"|"kretprobe"|"uprobe"|"uretprobe"
---@field name? string tracepoint, function or file
---@field probe_offset integer
---@field probe_addr integer

---The perf events and raw tracepoints that hold programs, as BPF_TASK_FD_QUERY tells: all, or what
---these owners (bpf.owners) hold.
---@param owners? bpf.Owner[]
---@return bpf.TaskFd[]|nil, string? err, integer? errno
function bpf.task_fd_query(owners) end

---The kernel symbol that an address is in: "name" or "name+0x1f".
---@param address integer
---@return string|nil
function bpf.ksym(address) end

---@param name string
---@return integer|nil
function bpf.ksym_address(name) end

---The function of an executable or library at a file offset (where a uprobe sits), and how far
---into it. Nothing is found in a stripped file.
---@param path string
---@param offset integer
---@param pid? integer a process: the file is the one that it sees by the path
---@return string|nil name, integer|string within_or_err, integer? errno
function bpf.elf_symbol(path, offset, pid) end

---The statically defined probe (USDT) of an executable or library at a file offset: "libc:setjmp".
---@param path string
---@param offset integer
---@param pid? integer a process, as for bpf.elf_symbol
---@return string|nil name, string? err, integer? errno
function bpf.elf_probe(path, offset, pid) end

---The functions of an executable or library: by its symbols; of a stripped Go program by the table
---that Go's runtime has (.gopclntab, Go 1.16 on). `offset` is in the file, as a uprobe needs it.
---@param path string
---@param glob? string only names that match, as file names do: "net/http.*"
---@param pid? integer a process, as for bpf.elf_symbol
---@return { name: string, offset: integer, size: integer }[]|nil, string? err, integer? errno
function bpf.elf_functions(path, glob, pid) end

---Where a function returns: the offsets in the file of its return instructions.
---@param path string
---@param offset integer of the function
---@param size integer bytes of it
---@param pid? integer a process, as for bpf.elf_symbol
---@return integer[]|nil, string? err, integer? errno
function bpf.elf_returns(path, offset, size, pid) end

---The names of several types of a BTF object, which is read once; "" where a type has none.
---@param btf_id integer
---@param type_ids integer[]
---@return string[]|nil, string? err, integer? errno
function bpf.btf_names(btf_id, type_ids) end

---Whether the running kernel can, found out by doing it: a "prog" or "map" type (by number or
---name), a "helper" (by number) in a type of program, programs on kernel functions by
---"trampoline" (fentry, LSM, freplace), reading maps by "batch", and by several threads, each
---"ranges" of one. nil where it can't be tried.
---@param what "prog"|"map"|"helper"|"trampoline"|"batch"|"ranges"
---@param type? integer|string
---@param helper? integer
---@return boolean|nil, string? err, integer? errno
function bpf.probe(what, type, helper) end

---@class bpf.Host
---@field kernel string uname -r
---@field version string uname -v
---@field machine string
---@field hostname string
---@field boot_time number seconds since 1970: what load_time counts from
---@field page_size integer
---@field possible_cpus integer
---@field online_cpus integer
---@field stats_enabled boolean by sysctl; BPF_ENABLE_STATS does not show there
---@field jit_enabled integer -1 where it can't be read
---@field unprivileged_bpf_disabled integer likewise
---@field btf boolean /sys/kernel/btf/vmlinux is there
---@field tracefs boolean
---@field kallsyms boolean the kernel shows us addresses
---@field pidns_dev integer device and inode of our pid namespace
---@field pidns_ino integer
---@field all_processes boolean we are in no process namespace of our own, such as a container's
---@field capabilities { [string]: boolean } sys_admin, bpf, perfmon, net_admin, syslog
---@field bpffs string[] where BPF file systems are mounted

---@return bpf.Host
function bpf.host() end

---The executables that processes run now, each once: `pid` is one of them, /proc/PID/exe the file.
---@return { pid: integer, path: string }[]|nil, string? err, integer? errno
function bpf.executables() end

---How many CPUs may ever be (the values of an entry in a per-CPU map), and how many run.
---@return integer possible, integer online
function bpf.cpus() end

---Time since boot, suspended time too: what load_time counts in nanoseconds.
---@return number seconds
function bpf.uptime() end

---Switches the kernel's run-time statistics on until the handle is closed.
---@return bpf.Stats|nil, string? err, integer? errno
function bpf.stats() end

---@class bpf.Stats
local Stats = {}

function Stats:close() end

---The time that the statistics add to each run of a program, measured now with an empty program of
---Lunette's own. Takes some ten milliseconds. EBUSY while another process has the statistics on.
---@return number|nil seconds, string? err, integer? errno
function bpf.stats_cost() end

---The cost of a program (or of all) over a stretch of time.
---@class bpf.Rate
---@field id integer 0 for all programs together
---@field time number the stretch's end, in seconds since 1970
---@field seconds number how long the kernel counted in it
---@field runs number a second
---@field cpu number share of one CPU
---@field average? number seconds a run; nil when it did not run
---@field misses number runs skipped, a second

---The sampler of programs' costs. Without options: the sampler of the process, which all VMs share
---(900 samples, 2048 programs that ran); with options: a private one, closed with its handle. A
---caller starts each sample: services/sampler.lua does while a client watches.
---@param opts? { keep?: integer, programs?: integer }
---@return bpf.Sampler
function bpf.sampler(opts) end

---@class bpf.Sampler
local Sampler = {}

---Switches the kernel's run-time statistics on or off: it counts only while they are on, and
---rates are over the time that they were.
---@param on boolean
---@return true|nil, string? err, integer? errno
function Sampler:stats(on) end

---Reads all programs' counters. Without a baseline, the first sample is only that.
---@return true|nil, string? err, integer? errno
function Sampler:sample() end

---Reads the counters only for the next sample to be compared with: what happened since the last
---one is left out of history.
---@return true|nil, string? err, integer? errno
function Sampler:baseline() end

---The programs that ran in the newest sample, by id.
---@return bpf.Rate[]
function Sampler:rates() end

---The newest sample of a program, or of all together; nil until there are two samples.
---@param id? integer
---@return bpf.Rate|nil
function Sampler:rate(id) end

---The cost of a program, or of all together: oldest first, the last `seconds` or between two times,
---merged to at most `points` stretches. Unloaded programs stay as long as their samples are kept.
---@param id? integer
---@param opts? { from?: number, to?: number, seconds?: number, points?: integer }
---@return bpf.Rate[]
function Sampler:history(id, opts) end

---Keeps a value under a name, with the time: such as an entry of a map, for its history. There is
---room for 1024 names; the one that was written least recently makes place for a new one.
---@param name string from 1 to 199 bytes
---@param value number
---@return true|nil, string? err, integer? errno
function Sampler:put(name, value) end

---The values that were kept under a name, oldest first; of more than `points` the last of each
---stretch.
---@param name string
---@param opts? { from?: number, to?: number, seconds?: number, points?: integer }
---@return { time: number, value: number }[]
function Sampler:values(name, opts) end

---The names under which values are kept.
---@param prefix? string
---@return string[]
function Sampler:names(prefix) end

---@class bpf.SamplerState
---@field stats boolean the kernel counts now, for us
---@field samples integer taken
---@field kept integer
---@field keep integer at most
---@field programs integer in the newest sample
---@field series integer programs with history
---@field dropped integer programs that ran in the newest sample without room for history
---@field cost number CPU seconds that the newest sample took
---@field total_cost number
---@field oldest? number time of the oldest kept
---@field newest? number

---@return bpf.SamplerState
function Sampler:state() end

---Forgets everything.
function Sampler:clear() end

function Sampler:close() end

return bpf
