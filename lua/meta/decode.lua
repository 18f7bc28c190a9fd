---@meta lunette.decode
-- The meaning of bytes: the parts of decoders, and functions for decoded maps. A test holds this
-- file against the module.
--
-- A decoder has a node for the key and one for the value. A node describes some bytes. A node never
-- changes: each method returns a changed copy. bpf.plan compiles them to C, so that a decoder
-- without Lua functions runs without Lua: `decoder.pure`.
--
--   lunette.decoder {
--     match = { name = "conns", type = "lru_hash" },
--     key = d.struct { d.ipv4():as("peer"), d.port():as("port") },
--     value = d.struct { d.u64():as("bytes"), d.duration():as("spent") },
--   }

local decode = {}

---@class lunette.Node
local Node = {}

--- Names the part: a field of its struct, a column,
--- the last word of "key.NAME" and "value.NAME" in rules.
---@param name string
---@return lunette.Node
function Node:as(name) end

--- Puts the part at this byte of its struct, instead of where C would.
---@param offset integer
---@return lunette.Node
function Node:at(offset) end

---@param unit string "bytes", "ns"
---@return lunette.Node
function Node:unit(unit) end

--- Stored in network order.
---@return lunette.Node
function Node:be() end

--- Stored as 0xffffffff minus the number, as bpftrace keeps a minimum.
---@return lunette.Node
function Node:mirrored() end

--- There only where the 8 bytes after it are not zero, as bpftrace keeps min and max; else nil.
---@return lunette.Node
function Node:if_set() end

--- How the values of the CPUs become one, for this part alone (a decoder's `cpus` is for all). A
--- sum of integers stays at the ends of its 64 bits.
---@param how "sum"|"min"|"max"|"avg"|"last"
---@return lunette.Node
function Node:cpus(how) end

---@class lunette.DecoderSpec
---@field match lunette.Match|fun(info: bpf.MapInfo): boolean
---@field key? lunette.Node|fun(bytes: string): any
---@field value? lunette.Node|fun(bytes: string): any
---@field cpus? "sum"|"min"|"max"|"avg"|"last" how the values of the CPUs become one
---@field name? string

--- Conditions that must all hold; the decoder that says most wins, among equals the last.
---@class lunette.Match
---@field name? string the map's name; * and ? stand for any text and any character
---@field id? integer|integer[] an id, or { from, to }
---@field type? string|string[] "lru_hash", or "LRUHash"
---@field pin? string path of a pin, * and ? as above
---@field program? string name of a program that uses it
---@field process? string name of a process that holds it
---@field key_size? integer
---@field value_size? integer

---@class lunette.Decoder
---@field name string
---@field kind "declared"|"btf"|"type"|"bpftrace"|"default"
---@field why string a sentence
---@field key_plan bpf.Plan
---@field value_plan bpf.Plan
---@field plan { key: bpf.Plan, value: bpf.Plan }
---@field columns { key: bpf.Column[], value: bpf.Column[] }
---@field reduce? string how CPUs become one; nil: each is shown
---@field pure boolean no Lua function is in it
---@field source? { file: string, line: integer } where it was declared
---@field record_plan? bpf.Plan of a ring buffer's records
---@field error? string the error of the decoder that should have been in force

--- Declares a decoder; lunette.decoder is the same.
---@param spec lunette.DecoderSpec
function decode.declare(spec) end

---Raises when this can't be declared as a decoder.
---@param spec any
---@param level? integer whom to blame, as in error()
function decode.check(spec, level) end

---The decoder that a map would have if this one was in force, whatever it matches. Raises when
---it can't be (a field that is outside the map's bytes).
---@param info bpf.MapInfo
---@param spec table as declare takes it
---@return Decoder
function decode.trial(info, spec) end

--- The decoder in force for a map.
---@param info bpf.MapInfo
---@return lunette.Decoder
function decode.for_map(info) end

--- The decoder from the map's types alone: BTF, the map's type, sizes; one value for each CPU.
--- Loops over a map use it, whatever decoders are declared.
---@param info bpf.MapInfo
---@return lunette.Decoder
function decode.of_types(info) end

--- A plan of a node or a function, for a field of this many bytes; raises where it reads more.
---@param part lunette.Node|function
---@param size integer
---@return bpf.Plan
function decode.compile(part, size) end

--- Bytes as text: HEX in lower case, STRING without NUL bytes at the end, NUMBER little endian
--- and signed (hex beyond 8 bytes).
---@param bytes string
---@param as "HEX"|"STRING"|"NUMBER"
---@return string
function decode.format(bytes, as) end

--- Text as the bytes of a field of this size.
---@param text string
---@param as "HEX"|"STRING"|"NUMBER"
---@param size integer
---@return string|nil bytes, string? err
function decode.parse(text, as, size) end

--- The records that wait in a ring buffer, none consumed: what Map:ring gives, each record with
--- its `value` where a declared decoder's `value` says how records look.
---@param map bpf.Map
---@param limit? integer
---@return table|nil ring, string? err, integer? errno
function decode.records(map, limit) end

-- Numbers. 64 bits are exact: integers in Lua (written with "%u"), strings in JSON.
function decode.u8() end
function decode.u16() end
function decode.u32() end
function decode.u64() end
function decode.u128() end
function decode.i8() end
function decode.i16() end
function decode.i32() end
function decode.i64() end
function decode.i128() end
function decode.be16() end
function decode.be32() end
function decode.be64() end
function decode.f32() end
function decode.f64() end
function decode.bool() end
function decode.pointer() end

--- `width` bits of a number of `size` bytes (4), from bit `offset` on; the lowest is 0.
function decode.bits(offset, width, size) end

--- A number with names: { OK = 0 } or { [0] = "OK" }.
function decode.enum(names, size) end

--- Bits with names: "READ|WRITE".
function decode.flags(names, size) end

-- Texts and bytes.
--- Text up to the first NUL.
function decode.cstring(size) end
function decode.bytes(size) end
function decode.hex(size) end
--- Bytes that are not shown.
function decode.skip(size) end
--- No bytes at all.
function decode.none() end

-- Addresses.
function decode.ipv4() end
function decode.ipv6() end
function decode.mac() end
function decode.port() end
--- bpftrace's: a u64 family, then the address.
function decode.inet() end
--- An LPM trie's key with `size` bytes of address, as CIDR.
function decode.lpm(size) end

-- Numbers for which the system has names; without a name they stay numbers.
function decode.ifindex() end
function decode.cgroup() end
function decode.ksym() end

--- A frame of a stack map made with BPF_F_STACK_BUILD_ID (32 bytes): the symbol where a process of
--- this host runs the file, else "BUILD_ID+0xOFFSET".
---@return Node
function decode.build_id() end
--- A stack's id in the stack trace map of this id: "inner;outer".
function decode.stack(map_id) end
--- The same of a process: u32 id, u32 process.
function decode.ustack(map_id) end
--- A process' address: u64 address, u64 process.
function decode.usym() end
function decode.errno() end
function decode.syscall(size) end
function decode.dev() end
function decode.pid(size) end
function decode.prog() end
function decode.map() end
--- Nanoseconds.
function decode.duration() end
--- Nanoseconds since boot, as a moment in UTC.
function decode.timestamp() end

-- Made of parts.
--- Placed as a C compiler places them.
function decode.struct(members) end
--- Without gaps.
function decode.packed(members) end
function decode.union(members) end
--- options.to_zero: ends at the first element of zeros.
function decode.array(element, count, options) end
--- Counts in slots of powers of two (`slots[]`), of 4 or 8 bytes.
function decode.log2_slots(count, size) end
--- A type of a BTF object.
function decode.btf(btf, type_id, size) end
--- A Lua function of `size` bytes; an error in it marks this part of this entry.
function decode.func(size, fn) end

--- The plain tables that bpf.plan takes.
function decode.spec(node) end
function decode.is_node(value) end

return decode
