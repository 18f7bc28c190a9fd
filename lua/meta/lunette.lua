---@meta lunette
-- The result of require("lunette"). Each part is loaded when it is first used; an unknown name is
-- an error that suggests a similar one.

---@class lunette
---@field version string "0.1.0"
---@field decode table decoders and their parts: decode.lua
---@field metrics lunette.metrics rules for /metrics: metrics.lua
---@field graphql table the engine, and extend: graphql.lua
---@field http lunette.http routes and WebSockets: http.lua
---@field ui lunette.ui pages and panels: ui.lua
---@field attach table where programs hang: attach.lua
---@field leaks table what seems forgotten: attach.lua
---@field table lunette.table maps as tables of typed cells: table.lua
---@field tools lunette.tools tools that are declared, and running them: tool.lua
---@field history lunette.history the past of map values: cost.lua
---@field hosts lunette.hosts other hosts, and questions to all of them: hosts.lua
---@field sampler lunette.sampler what programs cost: cost.lua
---@field shared lunette.shared what VMs share: runtime.lua
---@field log lunette.log the server's log: runtime.lua
---@field json json
---@field u64 u64
---@field inspect inspect
local lunette = {}

--- Declares a decoder: shorthand for lunette.decode.declare.
---@param spec table
---@return table decoder
function lunette.decoder(spec) end

--- Declares a tool: a BPF program with its options and columns. See lua/meta/tool.lua.
---@param spec lunette.ToolSpec
---@return lunette.ToolSpec
function lunette.tool(spec) end

--- A BPF object that the process holds.
---@class lunette.Held
---@field name string
local Held = {}

--- Opens a map of the object. nil and a message while the object is not loaded; raises where it has
--- no map of that name.
---@param name string
---@return bpf.Map|nil map, string? err
function Held:map(name) end

--- Opens a program of the object, as Held:map does.
---@param name string
---@return bpf.Prog|nil prog, string? err
function Held:prog(name) end

--- Holds a BPF object for the process. The file is loaded once, however many VMs run the script;
--- its programs are attached where their sections say, or by setup. A reload of the scripts keeps
--- it, with its entries, unless the file, the options or the code of setup changed. It goes with
--- the script. Errors stand in the log and in /healthz. `lunette run` and the prompt load it at
--- once and raise; `lunette check` loads it for a try; `lunette metrics` does not load it.
---@param name string the object's name in the process: each has its own
---@param file string an object file beside the script or in the build, or a path
---@param setup? fun(object: bpf.Object)|table attaches the programs and fills maps; or the options
---  of bpf.load, with the field `setup`
---@return lunette.Held
function lunette.load(name, file, setup) end

--- Declares a service: fn(svc) runs once in the process, in a VM of its own.
---@param name string
---@param fn fun(svc: lunette.Service)
---@return table service
function lunette.service(name, fn) end

--- Sleeps; the limit of a request holds. In a service svc:sleep() is the one that knows when the
--- service is to end.
---@param seconds number
function lunette.sleep(seconds) end

--- Seconds of a clock that only goes on, for durations: os.time() follows the date.
---@return number
function lunette.now() end

--- The topic of that name: bounded publish and subscribe between VMs and clients.
---@param name string
---@return lunette.Topic
function lunette.topic(name) end

--- Finds a file of a script: beside the script, or where the build put it (BPF objects): beside
--- the binary. It works in functions of the script that run later, too.
--- Raises, with the places where it looked, when it is nowhere.
---@param name string
---@return string path
function lunette.path(name) end

--- JSON. Integers are written as decimal digits, floats as the shortest text that reads back; a
--- table with items as a list, any other as an object with sorted keys.
---@class json
---@field null lightuserdata null, within tables
local json = {}

--- Marks a table as a list: an empty one is written as [].
---@param t table
---@return table t
function json.array(t) end

--- Sets the order of an object's fields; nil fields are written as null.
---@param t table
---@param order string[]
---@return table t
function json.object(t, order) end

--- A metatable that gives many objects that order: setmetatable(row, shape).
---@param order string[]
---@return table
function json.shape(order) end

--- Text that is JSON already: encode writes it as it is. json.members checks such a text.
---@param text string
---@return table
function json.text(text) end

--- The text of such a value; nil for any other value.
---@param value any
---@return string|nil
function json.text_of(value) end

--- The members of a JSON object, each as the text of its value; nil when the text is no object.
---@param text string
---@return table<string, string>|nil
function json.members(text) end

--- Reads JSON, 100 levels deep at most. null is json.null; a list is marked, so that it is written
--- as a list again. A number without a fraction is an integer; one of more than 64 signed bits is
--- its digits as a string (u64.parse reads those up to 2^64).
---@param text string
---@return any|nil value, string? err
function json.decode(text) end

--- Writes a value. A table is a list when its keys are 1 to n, an object when they are strings;
--- NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity". Raises on what JSON
--- can't hold: functions, other keys, holes, more than 200 tables in each other.
---@param value any
---@return string
function json.encode(value) end

--- Unsigned 64-bit integers, which Lua holds in its signed ones.
---@class u64
local u64 = {}

--- Decimal digits, exact.
---@param x integer
---@return string
function u64.str(x) end

--- As a float, rounded above 2^53.
---@param x integer
---@return number
function u64.float(x) end

--- The sum of two numbers; a float where 64 bits do not hold it.
---@param a number
---@param b number
---@return number
function u64.sum(a, b) end

--- Reads decimal digits; nil when the text is none, or too big for 64 bits.
---@param text string
---@return integer|nil
function u64.parse(text) end

--- Reads a whole number of 64 bits, signed or not: decimal digits or 0x and hexadecimal ones, with
--- a sign or without. nil: the text is no whole number; false and why: it does not fit.
---@param text string
---@return integer|false|nil value, boolean|string|nil unsigned_or_why
function u64.integer(text) end

--- Values as readable text, as the prompt prints them; inspect(value) is inspect.format(value).
---@class inspect
---@overload fun(value: any, opts: table?): string
local inspect = {}

---@class inspect.Options
---@field width integer? columns of a line, 80
---@field depth integer? levels of tables, 6
---@field items integer? of one table, 200
---@field text integer? characters of one string, 2000

--- A value as text.
---@param value any
---@param opts inspect.Options?
---@return string
function inspect.format(value, opts) end

--- Bytes as a quoted text; a text padded with NULs says how many; anything else in hex.
---@param bytes string
---@param limit integer? bytes at most
---@return string
function inspect.bytes(bytes, limit) end

--- require("lunette.names"): types as the kernel spells them, and as eBPF explorer's users know
--- them from cilium/ebpf.
---@class names
local names = {}

--- A map's name: all of it where it is known, else the 15 characters that the kernel keeps.
---@param info bpf.MapInfo
---@return string
function names.of(info) end

--- A word with its article: "an array", "a hash".
---@param word string
---@return string
function names.a(word) end

--- A map type: names.map("percpu_hash") == "PerCPUHash".
---@param kernel string
---@return string
function names.map(kernel) end

--- A program type: names.prog("sched_cls") == "SchedCLS".
---@param kernel string
---@return string
function names.prog(kernel) end

--- The holder of a perf event's program (bpf.task_fd_query).
---@param kernel string
---@return string
function names.task(kernel) end

--- A map type in either spelling, in any case, as the kernel spells it; nil for an unknown type.
---@param name string
---@return string|nil
function names.parse_map(name) end

--- A program type in either spelling, as the kernel spells it; nil for an unknown type.
---@param name string
---@return string|nil
function names.parse_prog(name) end

return lunette
