-- Converts text and typed values to bytes, and writes them into a map.

local bpf = require("bpf")
local decode = require("lunette.decode")
local encode = require("lunette.table.encode")

local write = {}

local FLAGS = { ANY = "any", CREATE = "noexist", UPDATE = "exist" }
local EEXIST, ENOENT, E2BIG = 17, 2, 7

--- Parses text in a format to exactly `size` bytes. The error names the argument.
---@param name string
---@param text string
---@param format string
---@param size integer
---@return string|nil bytes, string? err
function write.parse(name, text, format, size)
  local bytes, err = decode.parse(text, format, size)
  if not bytes then return nil, ("%s: %s"):format(name, err) end
  return bytes
end

--- The value to write so that only one CPU's part changes; for other maps the single value.
---@return string|string[]|nil value, string? err
function write.for_cpu(map, info, key, bytes, cpu)
  if not info.per_cpu then
    if cpu then return nil, "cpu: the map has one value for all CPUs" end
    return bytes
  end
  local cpus = bpf.cpus()
  if not cpu then return nil, ("cpu: needed, 0 to %d"):format(cpus - 1) end
  if cpu < 0 or cpu >= cpus then
    return nil, ("cpu: there is no CPU %d, only 0 to %d"):format(cpu, cpus - 1)
  end
  local values, err = map:lookup(key)
  if not values then return nil, ("key: %s"):format(err or "no such entry") end
  values[cpu + 1] = bytes
  return values
end

--- The value of a new entry: one text, or one per CPU.
---@return string|string[]|nil value, string? err
function write.values(info, texts, format)
  local wanted = info.per_cpu and bpf.cpus() or 1
  if #texts ~= wanted then
    return nil, ("values: %d needed, got %d"):format(wanted, #texts)
  end
  local values = {}
  for i, text in ipairs(texts) do
    local bytes, err = write.parse(("values[%d]"):format(i - 1), text, format, info.value_size)
    if not bytes then return nil, err end
    values[i] = bytes
  end
  return info.per_cpu and values or values[1]
end

local function reason(err, errno)
  if errno == EEXIST then return "the key is there already" end
  if errno == ENOENT then return "no such key" end
  if errno == E2BIG then return "the map is full, or the key lies beyond its end" end
  return err
end

-- Maps that hold objects: the kernel shows ids but takes descriptors. The id's offset in the value,
-- and the function that opens the object.
local HOLDS = {
  prog_array = { at = 1, open = bpf.prog }, array_of_maps = { at = 1, open = bpf.map },
  hash_of_maps = { at = 1, open = bpf.map }, devmap = { at = 5, open = bpf.prog },
  devmap_hash = { at = 5, open = bpf.prog }, cpumap = { at = 5, open = bpf.prog },
}

-- Maps whose elements only the process that holds them can add.
local FOREIGN = {
  sockmap = "sockets", sockhash = "sockets", reuseport_sockarray = "sockets",
  xskmap = "sockets", perf_event_array = "perf events", cgroup_array = "cgroups",
}

local function update(map, key, value, mode)
  local ok, err, errno = map:update(key, value, FLAGS[mode])
  if not ok then return nil, reason(err, errno) end
  return true
end

-- Writes with the id replaced by a descriptor, which is closed afterwards.
local function update_object(map, key, value, mode, holds)
  local id = ("<I4"):unpack(value, holds.at)
  if id == 0 then return update(map, key, value, mode) end
  local handle, err = holds.open(id)
  if not handle then return nil, err end
  local object <close> = handle
  local fd = ("<I4"):pack(object:fd())
  local written = value:sub(1, holds.at - 1) .. fd .. value:sub(holds.at + 4)
  return update(map, key, written, mode)
end

--- Writes an entry; mode is ANY, CREATE (new keys only) or UPDATE (existing keys only). Values of
--- maps with programs or maps are given as ids.
---@return true|nil ok, string? err
function write.put(map, key, value, mode)
  local of = map:info().type
  if FOREIGN[of] then
    return nil, ("only the process that holds them can put %s there"):format(FOREIGN[of])
  end
  local holds = HOLDS[of]
  if holds and #value >= holds.at + 3 then
    return update_object(map, key, value, mode, holds)
  end
  return update(map, key, value, mode)
end

local function hex_list(value)
  if not value then return nil end
  local list = {}
  for i, bytes in ipairs(type(value) == "table" and value or { value }) do
    list[i] = decode.format(bytes, "HEX")
  end
  return list
end

--- The current value of a key as hex, one text per CPU; nil when the key is missing.
---@return string[]|nil
function write.before(map, key) return hex_list(map:lookup(key)) end

--- Removes an entry.
---@return true|nil ok, string? err
function write.remove(map, key)
  local ok, err, errno = map:delete(key)
  if not ok then return nil, reason(err, errno) end
  return true
end

-- A typed value; for a per-CPU map a list with one per CPU, or one for all of them.
local function typed_value(info, input, columns, before)
  if not info.per_cpu then
    return encode.bytes("value", input, columns, info.value_size, before)
  end
  local values = {}
  for cpu = 1, (bpf.cpus()) do
    local one = input
    if type(input) == "table" and #input > 0 then one = input[cpu] end
    if one == nil then return nil, ("value[%d]: missing"):format(cpu - 1) end
    local name = ("value[%d]"):format(cpu - 1)
    local bytes, err = encode.bytes(name, one, columns, info.value_size, before and before[cpu])
    if not bytes then return nil, err end
    values[cpu] = bytes
  end
  return values
end

-- The key's bytes; maps without keys (queue, stack) have none.
local function typed_key(info, input, columns)
  if info.key_size == 0 then return "" end
  if input == nil then return nil, "key: needed" end
  return encode.bytes("key", input, columns, info.key_size)
end

--- Writes an entry from typed input; a dry run only returns the bytes.
---@return table|nil result { written, key, values, before }, string? err
function write.typed(map, info, args)
  local decoder = decode.for_map(info)
  local key, err = typed_key(info, args.key, decoder.columns.key)
  if not key then return nil, err end
  local before = info.key_size > 0 and map:lookup(key) or nil
  local value
  value, err = typed_value(info, args.value, decoder.columns.value, before)
  if not value then return nil, err end
  if not args.dryRun then
    local ok
    ok, err = write.put(map, key ~= "" and key or nil, value, args.mode)
    if not ok then return nil, err end
  end
  return {
    written = not args.dryRun, key = decode.format(key, "HEX"), values = hex_list(value),
    before = hex_list(before),
  }
end

return write
