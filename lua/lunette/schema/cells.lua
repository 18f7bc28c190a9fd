-- From an entry's bytes to a row of typed cells: what the columns of a map's table are, and
-- how each entry fills them.

local bpf = require("bpf")
local decode = require("lunette.decode")
local json = require("lunette.runtime.json")

local cells = {}

local NUMERIC = {
  u8 = true, u16 = true, u32 = true, u64 = true, i8 = true, i16 = true, i32 = true, i64 = true,
  be16 = true, be32 = true, be64 = true, f32 = true, f64 = true, bits = true, pointer = true,
  duration = true, number = true,
}

-- Types whose 64 bits count from zero: as Lua integers, the upper half is negative.
local UNSIGNED = { u64 = true, be64 = true, pointer = true, duration = true }

local EXACT = 1 << 53

--- Are cells of this type numbers?
---@param type string a decoder's word
---@return boolean
function cells.numeric(type) return NUMERIC[type] or false end

--- A cell as JSON can hold it: integers that doubles can't hold become decimal digits.
---@param value any
---@param unsigned boolean?
---@return any
function cells.json(value, unsigned)
  if math.type(value) == "integer" then
    if unsigned and value < 0 then return ("%u"):format(value) end
    if value > EXACT or value < -EXACT then return ("%d"):format(value) end
  elseif type(value) == "table" and #value > 0 then
    local list = {}
    for i, item in ipairs(value) do list[i] = cells.json(item, unsigned) end
    return list
  end
  return value
end

-- The kernel's numbers that count from below zero; all others are unsigned.
local SIGNED = { priority = true }

--- What the kernel tells, as JSON can hold it, at any depth: numbers of 64 unsigned bits, of which
--- those beyond 2^53 (addresses, cookies) become decimal digits.
---@param value any
---@param name any under which it stands
---@return any
function cells.exact(value, name)
  if math.type(value) == "integer" and (value > EXACT or value < 0 and not SIGNED[name]) then
    return ("%u"):format(value)
  end
  if type(value) ~= "table" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for key, part in pairs(value) do copy[key] = cells.exact(part, key) end
  return copy
end

-- The value of a column in what a plan made of the bytes: along the column's path; the whole
-- of it where that is no struct.
local function getter(name)
  local path = {}
  for part in name:gmatch("[^.]+") do path[#path + 1] = part end
  return function(decoded)
    local at = decoded
    for _, part in ipairs(path) do
      if type(at) ~= "table" then return at end
      local inside = at[part]
      if inside == nil and #at > 0 then return at end
      at = inside
    end
    return at
  end
end

-- How string.unpack reads a plain number of this type; nil for what is none.
local function plain_format(of)
  local sign, bits = of.type:match("^([ui])(%d+)$")
  if of.type == "duration" then sign, bits = "u", "64" end
  if not sign or of.count or of.reduce then return nil end
  if of.size * 8 ~= tonumber(bits) or of.size > 8 then return nil end
  return (of.big_endian and ">" or "<") .. (sign == "u" and "I" or "i") .. of.size
end

--- A column of a table, of what a plan or a reader says of it.
---@param of { name: string, type: string }
---@param part "KEY"|"VALUE"
---@return table
function cells.column(of, part)
  return {
    name = of.name, type = of.type, unit = of.unit, part = part, reduce = of.reduce,
    histogram = of.histogram,
    numeric = cells.numeric(of.type), unsigned = UNSIGNED[of.type], get = getter(of.name),
    plain = of.offset and plain_format(of), at = of.offset and of.offset + 1,
  }
end

-- The columns of a key or value that a plan decodes, and how to run it.
local function planned(plan, root, part)
  local columns = {}
  for i, of in ipairs(plan:columns(root)) do columns[i] = cells.column(of, part) end
  return { columns = columns, decode = function(bytes) return plan:decode(bytes) end }
end

-- The one column of a key or value that is written in a format.
local function written(format, root, part, size)
  local number = format == "NUMBER" and size <= 8
  local function read(bytes)
    if number then return (("<i" .. #bytes):unpack(bytes)) end
    return decode.format(bytes, format)
  end
  local of = { name = root, type = number and "number" or format:lower() }
  return { columns = { cells.column(of, part) }, decode = read }
end

local function less(a, b, unsigned)
  if unsigned and math.type(a) == "integer" then return math.ult(a, b) end
  return a < b
end

local REDUCE = {
  sum = function(a, b) return a + b end,
  avg = function(a, b) return a + b end,
  min = function(a, b, unsigned) return less(b, a, unsigned) and b or a end,
  max = function(a, b, unsigned) return less(a, b, unsigned) and b or a end,
  last = function(_, b) return b end,
}

-- One cell of the cells of n CPUs, some of which may have none; what can't be added up is the
-- first CPU's.
local function reduced(col, values, n, default)
  local how, all = col.reduce or default, nil
  for cpu = 1, n do
    local value = values[cpu]
    if all == nil then all = value
    elseif not col.numeric or type(all) ~= "number" then return all
    elseif value ~= nil then all = REDUCE[how](all, value, col.unsigned) end
  end
  return how == "avg" and type(all) == "number" and all // n or all
end

local Reader = {}
Reader.__index = Reader

-- A column for each CPU's value of each column of the value.
local function cpu_columns(value, cpus)
  local columns = {}
  for cpu = 0, cpus - 1 do
    for _, col in ipairs(value.columns) do
      local copy = setmetatable({ part = "CPU", cpu = cpu }, { __index = col })
      copy.name = ("%s@%d"):format(col.name, cpu)
      columns[#columns + 1] = copy
    end
  end
  return columns
end

-- A name that stands in key and value alike is told apart by its part.
local function unique(columns)
  local seen = {}
  for _, col in ipairs(columns) do seen[col.name] = (seen[col.name] or 0) + 1 end
  for _, col in ipairs(columns) do
    if seen[col.name] > 1 then col.name = col.part:lower() .. "." .. col.name end
  end
  return columns
end

local function append(list, more)
  for _, item in ipairs(more) do list[#list + 1] = item end
end

--- How entries of a map become rows. show is SUM, EACH or BOTH; formats overrule the decoder.
---@param info table
---@param decoder table
---@param args { cpus: string?, keyFormat: string?, valueFormat: string? }
---@return table reader with its columns
function cells.reader(info, decoder, args)
  local key = args.keyFormat and written(args.keyFormat, "key", "KEY", info.key_size)
    or planned(decoder.key_plan, "key", "KEY")
  local value = args.valueFormat and written(args.valueFormat, "value", "VALUE", info.value_size)
    or planned(decoder.value_plan, "value", "VALUE")
  local self = setmetatable({ key = key, value = value, columns = {} }, Reader)
  self.reduce = decoder.reduce or "sum"
  self.show_sum = not info.per_cpu or args.cpus ~= "EACH"
  self.show_each = info.per_cpu and args.cpus ~= "SUM"
  append(self.columns, key.columns)
  if self.show_sum then append(self.columns, value.columns) end
  if self.show_each then append(self.columns, cpu_columns(value, (bpf.cpus()))) end
  unique(self.columns)
  return self
end

-- The first error among decoded values, where a decoder's function failed.
local function error_in(decoded)
  return type(decoded) == "table" and type(decoded.error) == "string" and decoded.error or nil
end

function Reader:value_cells(row, bytes)
  if type(bytes) ~= "table" then
    local decoded = self.value.decode(bytes)
    row.error = row.error or error_in(decoded)
    for _, col in ipairs(self.value.columns) do
      row.n = row.n + 1
      row[row.n] = col.get(decoded)
    end
    return
  end
  local decoded = {}
  for cpu, one in ipairs(bytes) do
    decoded[cpu] = self.value.decode(one)
    row.error = row.error or error_in(decoded[cpu])
  end
  self:cpu_cells(row, decoded)
end

function Reader:cpu_cells(row, decoded)
  if self.show_sum then
    for _, col in ipairs(self.value.columns) do
      local values = {}
      for cpu, one in ipairs(decoded) do values[cpu] = col.get(one) end
      row.n = row.n + 1
      row[row.n] = reduced(col, values, #decoded, self.reduce)
    end
  end
  if not self.show_each then return end
  for _, one in ipairs(decoded) do
    for _, col in ipairs(self.value.columns) do
      row.n = row.n + 1
      row[row.n] = col.get(one)
    end
  end
end

--- The row of an entry: its cells by number (n of them), its key's bytes, and an error.
---@param key string
---@param value string|string[]
---@return table
function Reader:row(key, value)
  local row = { bytes = key, n = 0 }
  local decoded = self.key.decode(key)
  row.error = error_in(decoded)
  for _, col in ipairs(self.key.columns) do
    row.n = row.n + 1
    row[row.n] = col.get(decoded)
  end
  self:value_cells(row, value)
  return row
end

-- How one column is read of the bytes of its key or value.
local function reads(col, decode_all)
  local plain, at, get = col.plain, col.at, col.get
  if plain then
    local unpack = string.unpack
    return function(bytes) return (unpack(plain, bytes, at)) end
  end
  return function(bytes) return get(decode_all(bytes)) end
end

--- How one cell is read without the rest of its row.
---@param index integer the column's
---@return fun(key: string, value: string|string[]): any
function Reader:probe(index)
  local col = self.columns[index]
  if col.part == "KEY" then return reads(col, self.key.decode) end
  local read = reads(col, self.value.decode)
  if col.part == "CPU" then
    return function(_, value) return read(value[col.cpu + 1]) end
  end
  return function(_, value)
    if type(value) ~= "table" then return read(value) end
    local values = {}
    for cpu, one in ipairs(value) do values[cpu] = read(one) end
    return reduced(col, values, #value, self.reduce)
  end
end

--- A row as the schema's TableRow.
---@param columns table[]
---@param row table
---@return table
function cells.shown(columns, row)
  local list = {}
  for i, col in ipairs(columns) do
    local cell = cells.json(row[i], col.unsigned)
    if cell == nil then cell = json.null end
    list[i] = cell
  end
  return { key = decode.format(row.bytes, "HEX"), cells = list, error = row.error }
end

return cells
