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
---@field held_by? string other holders: the control group, the interface, a map
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

---Lists that the caller has just read: attach.list uses them and does not read them again.
---@class lunette.Seen
---@field progs? bpf.ProgInfo[]
---@field maps? bpf.MapInfo[]
---@field links? bpf.LinkInfo[]
---@field owners? bpf.Owner[]
---@field method? "iterator"|"proc" how the owners were found
---@field pins? bpf.Pin[]

---All attachments, and notes: a sentence for each place that could not be read for want of
---privileges or support. own = false leaves out Lunette's own; effective adds the programs that
---control groups inherit from their ancestors.
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

---All objects that seem forgotten: pinned and unused, held only by an unused map, links of
---processes that are gone, links at a place that is gone. Objects that come and go during the
---search seem forgotten too, so the search runs twice. A program just loaded may not be attached
---yet: programs younger than `young` seconds (10) are left out.
---@param opts? { young?: number }
---@return lunette.Leak[]|nil, string? err, integer? errno
function leaks.list(opts) end

---The forgotten objects of given lists: progs, maps, links, owners, pins and attachments as bpf and
---lunette.attach list them; inner(map) gives the ids of the maps in a map of maps, or of the
---programs of a struct_ops map; now and young are in nanoseconds (since boot).
---@param see table
---@return lunette.Leak[]
function leaks.find(see) end
