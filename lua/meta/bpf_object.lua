---@meta bpf
-- Object files: what is in them, what the verifier says, loading, attaching, their events. The rest
-- of require("bpf") is in bpf.lua and bpf_map.lua. A test holds these files against the module.

local bpf = {}

---Loads a BPF object file. When that fails, the message ends with the output of libbpf and the
---verifier. Loads all its programs, or the named ones; a target is the function of another program
---that a program replaces (freplace) or traces.
---
---`set` writes global variables before loading, typed by the object's BTF: an unknown name and a
---value that does not fit are refused. `sizes` are entries of maps (bytes of a ring buffer).
---
---`alternatives` are lists of programs. The first list that the kernel can load and attach is used,
---and the object comes attached; programs that are in no list are loaded with each. When the kernel
---can do none, the message has a line an alternative.
---
---`data` are the file's bytes: then the path only names the object.
---@param path string
---@param opts? { programs?: string[], targets?: table<string, { prog: integer, func: string }>,
---  set?: table<string, any>, sizes?: table<string, integer>, alternatives?: string[][],
---  data?: string }
---@return bpf.Object|nil, string? err, integer? errno
function bpf.load(path, opts) end

---Where a program is attached whose section does not say it: one of the first nine.
---@class bpf.Place
---@field interface? string for XDP
---@field cgroup? string the path of the group's folder
---@field perf_event? { type?: integer, config?: integer, frequency?: integer, period?: integer }
---  on each CPU
---@field kprobe? string a kernel function
---@field kprobes? string[] kernel functions, as one link (SEC("kprobe.multi"), Linux 5.18)
---@field uprobe? string a file, with `func` or `offset`
---@field usdt? string a file, with `provider` and `name`
---@field tracepoint? string "category:name"
---@field raw_tracepoint? string
---@field func? string of the file, by its symbols
---@field offset? integer in the file, or into the function
---@field provider? string
---@field name? string
---@field pid? integer only this process of the file
---@field returns? boolean where the function returns
---@field cookie? integer what bpf_get_attach_cookie() gives
---@field cookies? integer[] one a function of `kprobes`

---What is in an object file: nothing is loaded.
---@param path string
---@return { programs: { name: string, section: string, type: string, type_id: integer,
---  instructions: integer, autoload: boolean }[], maps: { name: string, type: string,
---  type_id: integer, key_size: integer, value_size: integer, max_entries: integer,
---  map_flags: integer, pin_path: string? }[], btf: boolean }|nil, string? err, integer? errno
function bpf.inspect(path) end

---@class bpf.Verified
---@field name string
---@field section string
---@field type string
---@field type_id integer
---@field instructions integer of the file
---@field loaded boolean
---@field error? string why it was not, with `log`: the verifier's words, then libbpf's
---@field log? string
---@field processed? integer instructions that the verifier looked at; and its states
---@field max_states_per_insn? integer
---@field total_states? integer
---@field peak_states? integer
---@field mark_read? integer
---@field time_us? integer
---@field stack? string bytes by function: "64+8"
---@field xlated? integer bytes
---@field jited? integer bytes

---Loads each program of an object file by itself (or the named one), with the maps of the object,
---and frees it again.
---@param path string
---@param program? string
---@return bpf.Verified[]|nil, string? err, integer? errno
function bpf.verify(path, program) end

---The types and members of the kernel that an object file relocates (CO-RE), a row a place: `found`
---in that BTF; `needed`: a program that gets there without it is refused.
---@param path string
---@param btf bpf.Btf
---@return { kind: string, what: string, section: string, needed: boolean, found: boolean }[]|nil,
---  string? err, integer? errno
function bpf.core_relocations(path, btf) end

---A loaded object: closing it detaches its programs and frees everything that nobody else holds.
---@class bpf.Object
local Object = {}

---A global variable as it is now, decoded by its type; raises when the object has no such variable.
---@param name string
---@return any value, string? err, integer? errno
function Object:get(name) end

---The records that the object's programs send through a ring buffer or a perf buffer. They are
---consumed: each goes to one reader. A record is a table by the struct `type` of the object's BTF
---("event" unless another is named), what `decoder` (a Plan) makes of it, or, without either and
---with type = false, a string of bytes. `partial`: a record may be shorter than its type, and zeros
---stand for the rest; otherwise such a record is { error = message }. `strings`: char arrays end at
---their first NUL, whatever bytes they hold; otherwise what is no text is hex. `pages` is the size
---of each CPU's perf buffer, a power of two (64); `batch` the most records of one read (4096).
---@param name string
---@param opts? { type?: string|false, decoder?: Plan, pages?: integer, batch?: integer,
---  partial?: boolean, strings?: boolean }
---@return bpf.Events|nil, string? err, integer? errno
function Object:events(name, opts) end

---Attaches every program (or one) where its section says; programs whose section says nothing
---are left out. When one fails, those of this call are detached again.
---@param name? string
---Sections may name the place: xdp/eth0, perf_event/type=1,config=0,frequency=99 (or period=N).
---With an interface, a cgroup or a perf_event and no name, every program of a type that goes there
---is attached; an error where there is none.
---@param where? bpf.Place
---@return integer|nil count, string? err, integer? errno
function Object:attach(name, where) end

function Object:detach() end

---A handle of its own, to be closed by itself; raises when the object has no such map.
---@param name string
---@return bpf.Map|nil, string? err, integer? errno
function Object:map(name) end

---A handle of its own, to be closed by itself; raises when the object has no such program.
---@param name string
---@return bpf.Prog|nil, string? err, integer? errno
function Object:prog(name) end

---@return { name: string, id: integer }[]
function Object:maps() end

---@return { name: string, id: integer, section: string }[]
function Object:progs() end

function Object:close() end

---A reader of events. Records are in order: a ring buffer's as they were reserved, a perf buffer's
---by time over all CPUs.
---@class bpf.Events
local Events = {}

---Waits up to so many seconds (0) for records, and takes a batch: empty when none came.
---@param seconds? number
---@return any[]|nil records, string? err, integer? errno
function Events:read(seconds) end

---Calls the function for each record, until it answers false or the seconds are over.
---@param fn fun(record: any): boolean?
---@param seconds? number
---@return integer|nil count, string? err, integer? errno
function Events:each(fn, seconds) end

---As read, but as lines of JSON: made in C, with no Lua value a record. `columns` are the names of
---fields that an object has, in their order; all of them by default.
---@param seconds? number
---@param columns? string[]
---@return string|nil lines, integer|string count_or_err, integer? errno
function Events:json(seconds, columns) end

---How the records are decoded; nil: they are strings of bytes.
---@return Plan|nil
function Events:plan() end

---How many records were lost so far, because the buffer was full. A perf buffer knows it from the
---kernel. Of a ring buffer the object's programs must count it, in a 64-bit variable NAME_lost or
---lost; nil where the object has none.
---@return integer|nil
function Events:lost() end

function Events:close() end

return bpf
