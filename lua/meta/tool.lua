---@meta tool
-- Tools: a BPF program with its options, columns and rows, declared in one Lua file beside its
-- .bpf.c. `lunette tool NAME` runs one; docs/tools.md shows how to write one.

---@class lunette.ToolParam
---@field name string of small letters, digits and _; the first item of the table
---@field short? string a letter: -p beside --pid
---@field type? "integer"|"number"|"text"|"flag" "integer"
---@field help? string
---@field default? any
---@field least? number 0 for integers
---@field most? number
---@field choices? string[] of a text
---@field positional? boolean a word of the command line without an option's name; it must be given
---@field argname? string what the help calls the value
---@field set? string|false the variable of the BPF object, its own name by default; false: none

---@class lunette.ToolColumn
---@field title string the first item of the table
---@field field? string of the record; the second item
---@field value? fun(row: table, values: table): any in place of a field
---@field name? string in JSON, CSV and conditions: the field, or the title in small letters
---@field width? integer at least so wide
---@field align? "right"
---@field numeric? boolean what a function gives is a number
---@field when? fun(values: table): boolean shown only then

---Where `values` stands, the parameters by name are passed.
---@class lunette.ToolSpec
---@field name string
---@field help string one sentence
---@field object string the file of the BPF object: beside the script, or where the build put it
---@field params? lunette.ToolParam[]
---@field programs? string[]|fun(values: table): string[]|nil those to load: all by default
---@field alternatives? string[][]|fun(values: table): string[][] as bpf.load takes them
---@field set? fun(values: table): table<string, any> more variables
---@field attach? fun(object: bpf.Object, values: table): any, string? in place of object:attach()
---@field events? string a ring buffer or perf buffer: the tool prints rows as they come
---@field record? table a node of lunette.decode for the records; struct event of BTF by default
---@field map? string a map: the tool prints its entries at the end
---@field view? "events"|"table"|"histogram"|"folded" a histogram's values have `slots`
---@field unit? string|fun(values: table): string of a histogram
---@field columns? lunette.ToolColumn[]
---@field row? fun(row: table, values: table, object: bpf.Object): table changes a record or entry
---@field keep? fun(values: table): nil|fun(row: table): boolean which rows are kept; nil: all
---@field sort? string|fun(values: table): string a column or field, the largest first
---@field top? integer|fun(values: table): integer
---@field metrics? { name: string, help: string, labels: string[], histogram: string?,
---  unit: "ns"? }[] of events by fields: counters, or histograms of a field, in seconds
---@field interval? number of a table: seconds between two, unless the user says otherwise
---@field clears? boolean a terminal shows only the newest table
---@field needs? string what of the kernel it needs, for the error when that is missing

---@class lunette.tools
---@field names table names of numbers: signal, tcp_state, syscall, disk, disk_number
local tools = {}

--- The same as lunette.tool.
---@param spec lunette.ToolSpec
---@return lunette.ToolSpec
function tools.declare(spec) end

--- All tools by name: what is built in, and what scripts declare.
---@return lunette.ToolSpec[]
function tools.list() end

---@param name string
---@return lunette.ToolSpec|nil, string? err
function tools.find(name) end

--- Loads and attaches a tool, until the result is closed.
---@param spec lunette.ToolSpec
---@param values? table<string, any> parameters
---@param buffer? integer bytes of the ring buffer, a power of two
---@return lunette.RunningTool|nil, string? err
function tools.open(spec, values, buffer) end

---@class lunette.RunningTool
---@field spec lunette.ToolSpec
---@field values table<string, any>
---@field columns lunette.ToolColumn[] that are shown with these parameters
---@field object bpf.Object
local RunningTool = {}

---Of a tool with events: the rows that come within so many seconds.
---@param seconds number
---@return table[]|nil rows, string? err
function RunningTool:read(seconds) end

---As read, as lines of JSON made in C; nil where functions of the tool have to make the rows.
---@param seconds number
---@return string|nil lines, integer|string|nil count_or_err
function RunningTool:json(seconds) end

---Of a tool with a map: its entries as rows.
---@return table[]
function RunningTool:entries() end

---The histograms of its map, the fullest last.
---@return { label: string?, unit: string?, buckets: table[], total: integer }[]
function RunningTool:histograms() end

---Starts to measure what the programs cost; the function ends it and gives the share of one CPU.
---@return fun(): number|nil share
function RunningTool:cost() end

---Of a tool with a map: removes the entries.
function RunningTool:clear() end

---What a column shows of a row.
---@param column lunette.ToolColumn
---@param row table
---@return any
function RunningTool:cell(column, row) end

---A row as JSON: its columns by name.
---@param row table
---@return table
function RunningTool:shown(row) end

---Events that were lost, or entries for which a map had no room; nil: it is not known.
---@return integer|nil
function RunningTool:lost() end

function RunningTool:close() end
