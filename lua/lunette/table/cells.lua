-- Makes typed cells from an entry's bytes: the columns of a map's table, and the function that
-- fills a row.

local bpf = require("bpf")
local decode = require("lunette.decode")
local json = require("lunette.runtime.json")

local cells = {}

local NUMERIC = {
  u8 = true, u16 = true, u32 = true, u64 = true, i8 = true, i16 = true, i32 = true, i64 = true,
  be16 = true, be32 = true, be64 = true, f32 = true, f64 = true, bits = true, pointer = true,
  duration = true, number = true,
}

local EXACT = 1 << 53

--- True when cells of this type are numbers.
---@param type string a decoder's word
---@return boolean
function cells.numeric(type) return NUMERIC[type] or false end

-- Copies a list; the copy is marked as a list, because an empty one would become a JSON object.
local function copied(value, wide, write)
  if next(value) == nil and not getmetatable(value) then return json.array({}) end
  local copy, is_list = setmetatable({}, getmetatable(value)), #value > 0
  for key, item in pairs(value) do
    local inside = wide
    if not is_list then inside = type(wide) == "table" and wide[key] or nil end
    copy[key] = write(item, inside)
  end
  return copy
end

--- A cell for JSON: integers that doubles can't hold become decimal digits.
---@param value any
---@param wide string|table|nil what Plan:columns says of it
---@return any
function cells.json(value, wide)
  if math.type(value) == "integer" then
    if wide == "u64" and value < 0 then return ("%u"):format(value) end
    if value > EXACT or value < -EXACT then return ("%d"):format(value) end
  elseif type(value) == "table" then
    return copied(value, wide, cells.json)
  end
  return value
end

--- A cell for streams: all 64-bit integers become decimal digits, also small ones.
---@param value any
---@param wide string|table|nil
---@return any
function cells.digits(value, wide)
  if math.type(value) == "integer" and type(wide) == "string" then
    return (wide == "u64" and "%u" or "%d"):format(value)
  end
  return type(value) == "table" and copied(value, wide, cells.digits) or value
end

-- Signed numbers of the kernel; all others are unsigned.
local SIGNED = { priority = true }

--- Kernel data for JSON, at any depth: unsigned 64-bit numbers beyond 2^53 (addresses, cookies)
--- become decimal digits.
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

local function itself(decoded) return decoded end

-- A function that reads a column's value from decoded data, along the column's path.
local function getter(path)
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

--- Makes a table column from a plan's or reader's description.
---@param of { name: string, type: string }
---@param part "KEY"|"VALUE"
---@return table
function cells.column(of, part)
  return {
    name = of.name, type = of.type, unit = of.unit, part = part, histogram = of.histogram,
    numeric = cells.numeric(of.type), wide = of.wide, unsigned = of.wide == "u64",
    path = of.path or { of.name },
    get = of.whole and itself or getter(of.path or { of.name }),
  }
end

-- The columns that a plan decodes, and the function that runs it; plan and index are for C.
local function planned(plan, root, part)
  local columns = {}
  for i, of in ipairs(plan:columns(root)) do
    local col = cells.column(of, part)
    col.lua = plan:calls_lua() and (of.type == "func" or of.count ~= nil)
    col.plan, col.index = plan, i
    columns[i] = col
  end
  return { columns = columns, plan = plan, decode = function(...) return plan:decode(...) end }
end

-- Nodes that write bytes in a format.
local FORMATS = {
  HEX = { kind = "hex" },
  STRING = { kind = "cstring", padded = true },
  NUMBER = { kind = "int" },
}

-- The single column of a key or value in a format. Numbers have at most 8 bytes.
local function written(format, root, part, size)
  if format == "NUMBER" and (size == 0 or size > 8) then format = "HEX" end
  local node = FORMATS[format]
  local plan = bpf.plan({ kind = node.kind, padded = node.padded, size = size }, size)
  local made = planned(plan, root, part)
  local col = made.columns[1]
  col.type = format:lower()
  col.numeric, col.unsigned, col.wide = format == "NUMBER", nil, nil
  return made
end

local Reader = {}
Reader.__index = Reader

-- For each column of the value, a column per CPU.
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

-- Adds the part to names that both key and value have.
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

--- Makes a reader of a map's entries as rows. show is SUM, EACH or BOTH; formats replace the
--- decoder.
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

-- Puts decoded data into the row, cell by cell. When a decoder's function failed, its cell and the
-- row have the error.
local function put(row, columns, decoded)
  for _, col in ipairs(columns) do
    local cell = col.get(decoded)
    row.n = row.n + 1
    row[row.n] = cell
    if col.lua and type(cell) == "table" and type(cell.error) == "string" then
      row.error = row.error or cell.error
    end
  end
end

--- The row of an entry: its cells by number (n of them), its key's bytes, and an error.
---@param key string
---@param value string|string[]
---@return table
function Reader:row(key, value)
  local row = { bytes = key, n = 0 }
  local columns = self.value.columns
  put(row, self.key.columns, self.key.decode(key))
  if self.show_sum then put(row, columns, self.value.decode(value, self.reduce)) end
  if self.show_each then
    for _, one in ipairs(value) do put(row, columns, self.value.decode(one)) end
  end
  return row
end

--- How C reads a column's cells.
---@param index integer the column's
---@return bpf.Cell
function Reader:cell(index)
  local col = self.columns[index]
  return {
    plan = col.plan, index = col.index, key = col.part == "KEY", cpu = col.cpu,
    reduce = col.part == "VALUE" and self.reduce or nil,
  }
end

--- A row as the schema's TableRow.
---@param columns table[]
---@param row table
---@return table
function cells.shown(columns, row)
  local list = {}
  for i, col in ipairs(columns) do
    local cell = cells.json(row[i], col.wide)
    if cell == nil then cell = json.null end
    list[i] = cell
  end
  return { key = decode.format(row.bytes, "HEX"), cells = list, error = row.error }
end

return cells
