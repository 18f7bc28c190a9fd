-- A pass in Lua, entry by entry, for rules with a Lua function: computes labels, numbers and
-- filters, and fills the same groups as C.

local lunette = require("lunette")
local core = require("lunette.core.metrics")
local errors = require("lunette.runtime.errors")
local u64 = require("lunette.runtime.u64")

local scan_lua = {}

local MOST_ERRORS = 100
local CHECK_EVERY = 512 -- entries between two checks of the time

-- The part of a decoded key or value at a path. When the whole has no name, the path begins with
-- its side ("value[3]").
local function walk(value, path, side)
  if type(value) ~= "table" or path == "" then return value end
  for part in path:gmatch("[^%.%[%]]+") do
    if type(value) ~= "table" then return value end
    local index = math.tointeger(tonumber(part))
    local inner = value[index and index + 1 or part]
    if inner ~= nil or part ~= side then value = inner end
    side = nil
  end
  return value
end

-- Makes function(key, value, info, cpu) for a column.
local function getter(column)
  if column.from == "function" then return column.fn end
  if column.from == "const" then return function() return column.text end end
  if column.from == "cpu" then
    return function(_, _, _, cpu) return cpu and tostring(cpu) or "" end
  end
  local path = column.path
  if column.from == "key" then return function(key) return walk(key, path, "key") end end
  return function(_, value) return walk(value, path, "value") end
end

local function text_of(value, column)
  local kind = math.type(value)
  if type(value) == "string" then return value end
  if kind == "integer" then return (column.unsigned and "%u" or "%d"):format(value) end
  if kind == "float" then return core.number_text(value) end
  if value == nil then return "" end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "table" and #value > 0 then
    for _, item in ipairs(value) do
      if type(item) == "table" then error("the label is a list of tables", 0) end
    end
    return table.concat(value, ";")
  end
  error(("the label must be a text, not a %s"):format(type(value)), 0)
end

local function number_of(value)
  if type(value) == "boolean" then return value and 1 or 0 end
  if type(value) ~= "number" then
    error(("the value must be a number, not %s"):format(type(value) == "string"
      and ("'%s'"):format(value:sub(1, 40)) or "a " .. type(value)), 0)
  end
  if value ~= value then error("the value is NaN", 0) end
  return value
end

-- The number of a cell's column. Unsigned numbers from 2^63 on are negative integers in Lua.
local function number_in(column, value)
  local number = number_of(value)
  if number < 0 and column.counts and not column.unsigned then
    error("a count below zero", 0)
  end
  return number
end

-- The same as a number for comparing and sorting: a float from 2^63 on.
local function size_in(column, value)
  local number = number_in(column, value)
  local large = column.unsigned and math.type(number) == "integer" and number < 0
  return large and u64.float(number) or number
end

local Each = {}
Each.__index = Each

-- Adds to a cell; unsigned when the column is.
local function add(self, cell, column, number, labels)
  if column.unsigned and math.type(number) == "integer" then
    self.groups:add_u64(cell, number, table.unpack(labels))
  else
    self.groups:add(cell, number, table.unpack(labels))
  end
end

local goes = {}

function goes.one(self, cell, labels) self.groups:add(cell.cell, 1, table.unpack(labels)) end

function goes.number(self, cell, labels, key, value, cpu)
  local number = cell.get(key, value, self.info, cpu)
  if number == nil then return end
  number = number_in(cell.column, number)
  add(self, cell.cell, cell.column, number, labels)
end

-- The bucket of a number, counted from 0.
local function bucket_of(cell, number)
  local at = 1
  while at < cell.n and number > cell.bounds[at] do at = at + 1 end
  return at - 1
end

function goes.bucket(self, cell, labels, key, value, cpu)
  local count = cell.get(key, value, self.info, cpu)
  if count == nil then return end
  count = number_in(cell.column, count)
  local index = size_in(cell.index, cell.get_index(key, value, self.info, cpu))
  if cell.sum_index and index == cell.sum_index then
    return add(self, cell.sum, cell.column, count, labels)
  end
  local at = cell.bounds and bucket_of(cell, index)
    or math.max(0, math.min(cell.n - 1, index - cell.first))
  add(self, cell.cell + at // 1 | 0, cell.column, count, labels)
end

function goes.slots(self, cell, labels, key, value, cpu)
  local counts = cell.get(key, value, self.info, cpu)
  if type(counts) ~= "table" then error("slots: the value is no array", 0) end
  for i, count in ipairs(counts) do
    count = number_in(cell.column, count)
    add(self, cell.cell + math.min(i, cell.n) - 1, cell.column, count, labels)
  end
end

function goes.observe(self, cell, labels, key, value, cpu)
  local number = cell.get(key, value, self.info, cpu)
  if number == nil then return end
  local bucket = bucket_of(cell, size_in(cell.column, number))
  self.groups:add(cell.cell + bucket, 1, table.unpack(labels))
  add(self, cell.sum, cell.column, number_of(number), labels)
end

-- A state set: one sample per state, with the state as the last label.
function goes.states(self, cell, labels, key, value, cpu)
  local now = cell.get(key, value, self.info, cpu)
  local last = #labels + 1
  for _, state in ipairs(cell.metric.states) do
    labels[last] = state.name
    local on = state.value == now or state.name == now
    self.groups:add(cell.cell, on and 1 or 0, table.unpack(labels))
  end
  labels[last] = nil
end

-- A summary keeps all numbers of a label set, for its quantiles.
function goes.quantiles(self, cell, labels, key, value, cpu)
  local number = cell.get(key, value, self.info, cpu)
  if number == nil then return end
  number = size_in(cell.column, number)
  local name = table.concat(labels, "\0")
  local kept = self.kept[name]
  if not kept then
    kept = { labels = table.move(labels, 1, #labels, 1, {}), cell = cell }
    self.kept[name] = kept
  end
  kept[#kept + 1] = number
end

local function finish_quantiles(self)
  for _, kept in pairs(self.kept) do
    table.sort(kept)
    local cell = kept.cell
    self.groups:add(cell.cell, #kept, table.unpack(kept.labels))
    for _, number in ipairs(kept) do
      self.groups:add(cell.sum, number, table.unpack(kept.labels))
    end
    for i, q in ipairs(cell.metric.quantiles) do
      local rank = math.max(1, math.ceil(q * #kept))
      self.groups:add(cell.cell + i, kept[rank], table.unpack(kept.labels))
    end
  end
end

-- True when the entry's first number is 0, as in C.
local function is_zero(self, key, value, cpu)
  local get = self.cells[1].get
  return get and get(key, value, self.info, cpu) == 0
end

function Each:entry(key, value, cpu)
  if self.filter and not self.filter(key, value, self.info, cpu) then return end
  if self.skip_zero and is_zero(self, key, value, cpu) then return end
  local labels = {}
  for i, column in ipairs(self.labels) do
    labels[i] = text_of(column.get(key, value, self.info, cpu), column)
  end
  for _, cell in ipairs(self.cells) do cell.run(self, cell, labels, key, value, cpu) end
end

-- Generates the function for an entry, without a loop or a table per entry. Covers most rules:
-- labels and one number.
local function written_out(self)
  local cell = self.cells[1]
  local plain = #self.cells == 1 and cell.run == goes.number
  if not plain or self.filter or self.skip_zero then return nil end
  local lines, names = {}, {}
  for i in ipairs(self.labels) do
    names[i] = ", l" .. i
    lines[i] = ("  local l%d = get[%d](key, value, info, cpu)\n"
      .. "  if type(l%d) ~= 'string' then l%d = text_of(l%d, labels[%d]) end\n")
      :format(i, i, i, i, i, i)
  end
  local unsigned = cell.column.unsigned
  local text = ([[
local get, labels, number, text_of, number_in, column, groups, info, kind, add = ...
return function(_, key, value, cpu)
  local n = number(key, value, info, cpu)
  if n == nil then return end
  if not kind(n) or n ~= n%s then n = number_in(column, n) end
%s  %s(groups, %d, n%s)
end]]):format(cell.column.counts and " or n < 0" or "", table.concat(lines),
    unsigned and "(kind(n) == 'integer' and add.add_u64 or add.add)" or "add.add", cell.cell,
    table.concat(names))
  local get = {}
  for i, column in ipairs(self.labels) do get[i] = column.get end
  return load(text, "=entry")(get, self.labels, cell.get, text_of, number_in, cell.column,
    self.groups, self.info, math.type, getmetatable(self.groups).__index)
end

local function is_late(self)
  local now = lunette.now()
  return self.deadline ~= nil and now > self.deadline
end

function Each:entries(cursor)
  local entry, each_cpu = self.take, self.each_cpu
  for key, value in cursor:each() do
    self.key = key
    self.seen = self.seen + 1
    if each_cpu and type(value) == "table" then
      for cpu, of_cpu in ipairs(value) do entry(self, key, of_cpu, cpu - 1) end
    else
      entry(self, key, value)
    end
    if self.seen % CHECK_EVERY == 0 then
      if is_late(self) then
        self.late = true
        return
      end
      if self.full and self.groups:size() > self.above then self.full() end
    end
  end
end

local function key_text(key)
  local ok, text = pcall(require("lunette.runtime.json").encode, key)
  return (ok and text or tostring(key)):sub(1, 100)
end

local function prepare(compiled)
  local labels, cells = {}, {}
  for i, column in ipairs(compiled.labels) do
    labels[i] = { get = getter(column), unsigned = column.unsigned }
  end
  for i, cell in ipairs(compiled.cells) do
    local how = cell.metric.states and "states" or cell.metric.quantiles and "quantiles"
      or cell.goes
    cells[i] = setmetatable({ run = goes[how],
      get = cell.column and getter(cell.column),
      get_index = cell.index and getter(cell.index) }, { __index = cell })
  end
  return labels, cells
end

--- Adds all entries to the groups. Returns the same result table as core.scan, or nil, err, errno.
---@param compiled table
---@param map Map
---@param groups table
---@param deadline number|nil
---@param full fun()|nil takes the groups out when they are more than `above`
---@param above integer|nil
function scan_lua.run(compiled, map, groups, deadline, full, above)
  local decoder = setmetatable({ reduce = compiled.reduce }, { __index = compiled.decoder })
  local cursor, err, errno = map:cursor { decoder = decoder, cpus = compiled.each_cpu }
  if not cursor then return nil, err, errno end
  local handle <close> = cursor
  local labels, cells = prepare(compiled)
  local filter = compiled.rule.filter
  local self = setmetatable({ groups = groups, labels = labels, cells = cells,
    filter = type(filter) == "function" and filter or nil, each_cpu = compiled.each_cpu,
    info = compiled.info, skip_zero = compiled.rule.skip_zero, deadline = deadline, seen = 0,
    kept = {}, full = full, above = above }, Each)
  self.take = written_out(self) or self.entry
  local outcome = { errors = 0, late = false }
  -- A failed entry is counted; the pass goes on with the next one.
  while outcome.errors < MOST_ERRORS do
    local ok, problem = pcall(self.entries, self, handle)
    if ok then break end
    outcome.errors = outcome.errors + 1
    outcome.error = outcome.error or ("%s in the entry with key %s"):format(
      errors.text(problem), key_text(self.key))
  end
  finish_quantiles(self)
  local state = handle:state()
  outcome.entries, outcome.late = self.seen, self.late or false
  outcome.restarted, outcome.truncated = state.restarted, state.truncated
  return outcome
end

return scan_lua
