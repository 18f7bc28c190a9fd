---@meta
-- Where programs hang, lunette.attach, and what seems forgotten, lunette.leaks: what the explorer,
-- GraphQL (attachments, leaks) and the command line (`lunette attach list`, `leaks`) show.

local attach, leaks = {}, {}

---@class lunette.Attachment
---@field kind string "tracepoint", "kprobe", "fentry", "cgroup", "xdp", "tc", "tail_call", …
---@field how "link"|"fd"|"prog"|"netlink"|"socket"|"map"|"inherited" how it is held there
---@field target string where, in words
---@field prog_id? integer nil where the kernel doesn't tell the program
---@field since? integer since when at the earliest (ns since boot): its program was loaded then
---@field since_latest? integer since when at the latest: its link was pinned then; nil: unknown
---@field holders { pid: integer, fd: integer, comm: string }[] the processes that hold it there
---@field pins string[] the pins that hold it there
---@field held_by? string what else does: the control group, the interface, a map
---@field link_id? integer
---@field pid? integer of the process whose descriptor holds it, with fd and comm
---@field attach_type? string the kernel's
---@field cgroup_id? integer with cgroup_path; inherited ones: from_cgroup_id, from_cgroup_path
---@field ifindex? integer with ifname, and netns (inode) and netns_path
---@field map_id? integer of the socket map, program array or struct_ops map; index in an array
---@field func? string function, with offset; file or addr where it has one; tracepoint; usdt
---@field target_prog_id? integer the program whose function is replaced or traced
---@field member? string of the struct that a struct_ops program is in: the function it stands for
---@field [string] any

---What the caller has just read, to spare reading it again.
---@class lunette.Seen
---@field progs? bpf.ProgInfo[]
---@field maps? bpf.MapInfo[]
---@field links? bpf.LinkInfo[]
---@field owners? bpf.Owner[]
---@field method? "iterator"|"proc" how the owners were found
---@field pins? bpf.Pin[]

---Everything that is attached anywhere, and notes on what could not be asked for want of privileges
---or support: a sentence each. own = false leaves out Lunette's own; effective adds what control
---groups inherit from their ancestors.
---@param opts? { own?: boolean, effective?: boolean, seen?: lunette.Seen }
---@return lunette.Attachment[]|nil, string[]|string notes_or_err, integer? errno
function attach.list(opts) end

---The same by the program's id.
---@param opts? { own?: boolean, effective?: boolean, seen?: lunette.Seen }
---@return table<integer, lunette.Attachment[]>|nil, string? err, integer? errno
function attach.by_program(opts) end

---@class lunette.Leak
---@field kind "prog"|"map"|"link"
---@field id integer
---@field name? string of a link: where it is
---@field why string a sentence
---@field remedy string a command that gets rid of it, or a sentence where there is none
---@field memory? integer bytes that it holds

---Everything that seems forgotten: pinned and unused, held by no one but a map of no use, links of
---processes that are gone, or on a place that is gone. What comes and goes while one looks seems so
---too: it is looked at twice. Programs that were loaded a moment ago may be on their way to their
---attach point: those younger than `young` seconds (10) are left out.
---@param opts? { young?: number }
---@return lunette.Leak[]|nil, string? err, integer? errno
function leaks.list(opts) end

---What of all that is given seems forgotten: progs, maps, links, owners, pins and attachments as
---bpf and lunette.attach list them; inner(map) gives the ids of the maps that a map of maps holds,
---or of the programs of a struct_ops map; now and young are in nanoseconds (since boot).
---@param see table
---@return lunette.Leak[]
function leaks.find(see) end
