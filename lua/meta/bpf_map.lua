---@meta bpf
-- Maps, cursors, streams, BTF and decode plans: the rest of require("bpf"). A test holds this
-- file against the module.
--
-- Keys and values are byte strings where they go in (lookup, update) and where `raw` is asked
-- for. each() and cursor() decode by the map's own types (decode.of_types): BTF, or the map's type
-- and sizes. A script can rely on that shape: another script's decoder does not change it. A value
-- of a per-CPU map is a list, one item a possible CPU. stream(), storage() and the tables use the
-- decoder in force (Map:decoder, decode.for_map). each { decoder = map:decoder() } uses it too: the
-- values of the CPUs become one value if the decoder has a `reduce`.

local bpf = {}

---@class bpf.Map
local Map = {}

---@class bpf.Cursor
local Cursor = {}

---@class bpf.Snapshot
local Snapshot = {}

---@class bpf.Selection
local Selection = {}

---@class bpf.Text
local Text = {}

---@class bpf.Plan
local Plan = {}

---@class bpf.Btf
local Btf = {}

---@class bpf.ReadOptions
---@field raw? boolean byte strings instead of decoded values
---@field cpus? boolean every CPU's value, also where the decoder would make them one
---@field decoder? table a decoder to read with: of each() and cursor() instead of the map's own
---  types, of stream() instead of the decoder in force
---@field after? string goes on after this position (Cursor:position)
---@field where? bpf.Where only these entries; cursor(), each() and stream() heed it

---@class bpf.Cell A cell of an entry's row; C reads it, and calls the functions of its plan
---@field plan bpf.Plan of the key or value
---@field index integer its column's, as Plan:columns counts
---@field key? boolean is it the key's?
---@field cpu? integer whose value; all CPUs' made one unless said
---@field reduce? string how ("sum")

---@class bpf.Where A condition: { op = "all"|"any"|"none", … } around others, or a test of a cell
---@field op "all"|"any"|"none"|"eq"|"ne"|"lt"|"le"|"gt"|"ge"|"contains"|"starts"|"matches"
---@field cell? bpf.Cell
---@field rank? string what eq to ge compare with, as Plan:compared gives it
---@field by? "order"|"number"|"text"|"made" likewise
---@field text? string what contains and starts look for, whatever the case of its letters
---@field test? fun(text: string): boolean of matches

---@class bpf.SelectOptions
---@field limit? integer rows at most; of large entries fewer, so that they fit
---@field bytes? integer of memory at most for rows (64 MiB, which is the most)
---@field sort? bpf.Cell by this, then by the key's bytes; rows without a value come last
---@field descending? boolean
---@field where? bpf.Where
---@field after? { rank: string, key: string } only rows after this one

---@class bpf.SnapshotOptions
---@field bytes? integer memory at most (64 MiB, which is the most)
---@field entries? integer entries at most
---@field like? bpf.Snapshot with which it is to be compared: the same keys are kept
---@field where? bpf.Where only these entries

---@class bpf.StreamOptions: bpf.ReadOptions
---@field format? "ndjson"|"json"|"csv"|"table" ndjson unless said otherwise
---@field columns? { title: string, right: boolean? }[] of a table: one for each of the decoder's
---@field limit? integer entries at most
---@field key? string only the entry with this key's bytes; none is an error (ENOENT)
---@field sort? bpf.Cell in this order, then by the key's bytes; else in the map's own
---@field descending? boolean
---@field guard? boolean in CSV, a ' stands before text that a spreadsheet would run as a formula

---@class bpf.Column
---@field name string path of the field: "comm", "addr.port"
---@field path string[] likewise, as a list; empty where the plan decodes no struct
---@field type string "u64", "cstring", "struct" …
---@field unit? string
---@field offset integer bytes from the start of the key or value
---@field size integer bytes
---@field whole? boolean it is all that the plan decodes, which is no struct then
---@field count? integer elements of an array
---@field big_endian? boolean
---@field wide? "u64"|"i64"|table an integer of more than 32 bits, or an array of such; of an array
--- of structs a table: which members are
---@field histogram? "log2" an array of counts in slots of powers of two (`slots[]`)
---@field reduce? string how CPUs become one for this field

--- Opens a map by its id, its name or the path of a pin. A name that several maps carry is an
--- error that lists their ids.
---@param which integer|string
---@return bpf.Map|nil map, string? err, integer? errno
function bpf.map(which) end

--- Like Map:unreadable, without opening the map: its type and the size of its values decide.
---@param info bpf.MapInfo
---@return string|nil
function bpf.unreadable(info) end

--- Sets the function that chooses decoders: the one in force for a map, or what its types alone
--- say. Lunette's own asks lunette.decode.
---@param fn fun(info: bpf.MapInfo, of_types: boolean): table
function bpf.decoder_hook(fn) end

--- Compiles a tree of nodes (as lunette.decode makes them) to a plan; raises on a wrong one.
---@param spec table
---@param size? integer bytes of the field: a plan that reads more is refused
---@return bpf.Plan
function bpf.plan(spec, size) end

--- BTF by id, "vmlinux", or of a file (an object, or raw).
---@param which integer|string
---@return bpf.Btf|nil btf, string? err, integer? errno
function bpf.btf(which) end

--- Entries of every hash, LRU and LPM map by id, counted inside the kernel by one read.
---@return table<integer, integer>|nil counts, string? err, integer? errno
function bpf.fill() end

---@return integer id
function Map:id() end

---@return integer descriptor it stays the map's own
function Map:fd() end

---@return bpf.MapInfo|nil info, string? err, integer? errno
function Map:info() end

--- Why its entries can't be walked over, in a sentence; nil where they can. Queues and stacks
--- have peek(), ring buffers ring(), local storage storage().
---@return string|nil
function Map:unreadable() end

---@param key string
---@return string|string[]|nil value, string? err, integer? errno
function Map:lookup(key) end

---@param key string
---@param value string|string[] of a per-CPU map one for all CPUs, or a list
---@param flags? "any"|"noexist"|"exist"|"lock"|integer
---@return true|nil ok, string? err, integer? errno
function Map:update(key, value, flags) end

---@param key string
---@return true|nil ok, string? err, integer? errno
function Map:delete(key) end

--- Adds to a queue, stack or bloom filter.
---@param value string
---@return true|nil ok, string? err, integer? errno
function Map:push(value) end

--- Takes the next element off a queue or stack; with a key, takes that entry out of a hash.
---@param key? string
---@return string|nil value, string? err, integer? errno
function Map:pop(key) end

--- The next element of a queue or stack, which stays there.
---@return string|nil value, string? err, integer? errno
function Map:peek() end

--- May a bloom filter have this value? Where it says no, nobody has put it there.
---@param value string
---@return boolean|nil maybe, string? err, integer? errno
function Map:contains(value) end

--- Makes the map read-only for user space. Nothing can undo it.
---@return true|nil ok, string? err, integer? errno
function Map:freeze() end

--- How many entries it has, by walking where the kernel has no count.
---@return integer|nil count, string? err, integer? errno
function Map:count() end

--- The decoder in force: what lunette.decode.for_map says, or what use() set.
---@return table|nil decoder, string? err, integer? errno
function Map:decoder() end

--- Reads with this decoder from now on.
---@param decoder table
---@return bpf.Map self
function Map:use(decoder) end

--- A walk over the entries, with a handle of its own.
---@param opts? bpf.ReadOptions
---@return bpf.Cursor|nil cursor, string? err, integer? errno
function Map:cursor(opts) end

--- For loops: `for key, value in map:each() do`. The entries as the map's own types have them; see
--- the head of this file. Raises where the map can't be read.
---@param opts? bpf.ReadOptions
---@return fun(cursor: bpf.Cursor): any, any
---@return bpf.Cursor
function Map:each(opts) end

--- The entries that come first in the order of a cell: step() until there is no more to read,
--- then rows(). Memory is bounded by the rows that are kept.
---@param opts bpf.SelectOptions
---@return bpf.Selection|nil selection, string? err, integer? errno
function Map:select(opts) end

--- The entries at this moment, in C's memory, to be compared with those of another. Where not
--- all fit, those of a half, a quarter … of the keys are kept, by the keys' hash: `share`.
---@param opts? bpf.SnapshotOptions
---@return bpf.Snapshot|nil snapshot, string? err, integer? errno
function Map:snapshot(opts) end

--- The map's entries as text. Without a Lua function in the decoder and without a condition it is a
--- C source, which needs no VM (lunette.source); else an object with the same read() and close().
--- Memory is constant, also for a sorted stream: rows without room take another walk.
---@param opts? bpf.StreamOptions
---@return lunette.Source|bpf.Text|nil stream, string? err, integer? errno
function Map:stream(opts) end

--- The records that wait in a ring buffer, read by mapping it; nothing is consumed.
---@param limit? integer records at most (100)
---@return { records: { data: string, discarded: boolean, busy: boolean }[], used: integer,
---  size: integer, consumer: integer, producer: integer }|nil ring, string? err, integer? errno
function Map:ring(limit) end

--- The entries of task, socket, inode or cgroup local storage, by an iterator program.
---@param limit? integer entries at most (1000)
---@return { owner: table, value: any }[]|nil entries, string? err, integer? errno
function Map:storage(limit) end

function Map:close() end

--- The next entry; nil alone is the end.
---@return any key, any value
function Cursor:next() end

--- The entries that are left, for a loop; an error while reading is raised.
---@return fun(): any, any
function Cursor:each() end

--- How the walk goes: `restarted` when the map changed so that entries may come twice,
--- `truncated` when it was stopped at its bound, `skipped` keys whose value was gone.
---@return { seen: integer, skipped: integer, restarted: boolean, truncated: boolean,
---  by_batch: boolean, done: boolean }
function Cursor:state() end

--- Where the walk stands, between two batches: opens another cursor with { after = … }. The
--- second result is how many entries of the next batch were seen already.
---@return string|nil position nil at the end
function Cursor:position() end

function Cursor:close() end

--- Reads another batch of the map.
---@return boolean|nil more, string? err, integer? errno
function Selection:step() end

--- The rows that were kept, in order, or rows `from` to `to`: raw keys and values.
---@param from? integer
---@param to? integer
---@return { [1]: string, [2]: string|string[] }[]
function Selection:rows(from, to) end

--- The sort position of a row, in the form that `after` takes.
---@param index integer
---@return string
function Selection:rank(index) end

--- Starts another walk, for entries after the last row: call step() and rows() again. Use it where
--- `remaining` of state() is more than the number of rows.
---@return true|nil done, string? err, integer? errno
function Selection:again() end

--- `matched` entries passed the condition, `remaining` of them come after `after`; the other fields
--- are set after the last step.
---@return { seen: integer, matched: integer, remaining: integer, skipped: integer?,
---  restarted: boolean?, truncated: boolean? }
function Selection:state() end

function Selection:close() end

--- The differences to a newer snapshot: rows { key, value } of raw bytes, in `changed` { key,
--- value, before }. Each list is limited; `counts` has the full numbers. Only keys that both
--- snapshots keep are compared.
---@param newer bpf.Snapshot
---@param limit? integer rows of each (10000)
---@return { added: table[], removed: table[], changed: table[],
---  counts: { added: integer, removed: integer, changed: integer } }|nil changes, string? err,
---  integer? errno
function Snapshot:changes(newer, limit) end

--- `entries` are kept, which are those of this `share` of the keys (1: of all).
---@return { entries: integer, share: number, seen: integer, restarted: boolean,
---  truncated: boolean }
function Snapshot:state() end

function Snapshot:close() end

--- Some more text; nil alone is the end.
---@return string|nil chunk, string? err, integer? errno
function Text:read() end

--- After the end: a sentence on how the whole was read, where entries may be missing or double
--- (the map changed meanwhile) or reading was cut short (it grew without end). The command line
--- says it on stderr, HTTP in the trailer X-Lunette-Note.
---@return string|nil
function Text:note() end

function Text:close() end

--- Decodes bytes by the plan; a list of byte strings, one a CPU, becomes one value.
---@param bytes string|string[]
---@param reduce? "sum"|"min"|"max"|"avg"|"last" how the CPUs become one ("sum")
---@return any
function Plan:decode(bytes, reduce) end

--- The bytes that the plan decodes to this value. Fields that are not given keep the bytes of
--- `before` (the result has its length), or are zero. An error names the field that does not fit:
--- "value.port: the number does not fit port (16 bits)".
---@param value any
---@param before? string
---@param name? string what the message begins with ("value")
---@return string|nil bytes, string? err
function Plan:encode(value, before, name) end

--- The same for one column alone; the rest of the bytes stays.
---@param value any
---@param before string
---@param name string
---@param path string the column's name, or an element's: "list[2]"
---@param root string as for columns()
---@return string|nil bytes, string? err
function Plan:encode_column(value, before, name, path, root) end

--- Converts a condition's value to the form in which the column's cells are compared: numbers of
--- any width, pointers, enums and flags by number, addresses by their bytes, all else by the text
--- shown.
---@param column integer its number in columns()
---@param value number|string|boolean as the cell shows it
---@return string|nil rank, string by_or_err by "order", by the "number" behind a name, or as "text"
function Plan:compared(column, value) end

--- The decoded bytes as JSON; parts that are Lua functions come as null.
---@param bytes string
---@return string
function Plan:json(bytes) end

--- Its columns; `root` names a plan without fields.
---@param root string
---@return bpf.Column[]
function Plan:columns(root) end

--- Bytes that it reads.
---@return integer
function Plan:size() end

--- Whether a Lua function is in it.
---@return boolean
function Plan:calls_lua() end

--- The number of the first type of this name, and kind where one is given.
---@param name string
---@param kind? string "struct", "enum", "typedef" …
---@return integer|nil
function Btf:find(name, kind) end

---@param id integer
---@return { id: integer, kind: string, name: string?, size: integer?, type: integer?,
---  members: integer }
function Btf:type(id) end

--- How many types there are, void among them: ids go from 0 to one less.
---@return integer
function Btf:count() end

--- The types that a program declares for a map, by its name or the 15 characters that the kernel
--- keeps of it; nil where it declares none. Where several names begin so, the map's type and sizes
--- decide; where they don't, nil and the names.
---@param name string
---@param info? bpf.MapInfo
---@return { key: integer?, value: integer? }|nil, string? err
function Btf:map(name, info) end

--- A plan for a field of `size` bytes of this type.
---@param id integer
---@param size integer
---@return bpf.Plan|nil plan, string? err, integer? errno
function Btf:plan(id, size) end

--- A type, and the types that it needs, as C. Several types appear once each, in an order that a
--- compiler accepts. Functions and variables are declared.
---@param id integer|integer[]
---@return string|nil text, string? err, integer? errno
function Btf:c(id) end

function Btf:close() end

return bpf
