-- Compiles a rule for a map: its expressions become columns of the map's decoder. A rule without
-- Lua functions runs in C (core.scan); with one, Lua reads each entry.

local decode = require("lunette.decode")
local facts = require("lunette.metrics.facts")

local compile = {}

-- Kinds of columns that C can't convert to a label.
local NEEDS_LUA = { func = true, array = true, struct = true, union = true }

local function own_decoder(parts, info, base)
  local key_plan = parts.key and decode.compile(parts.key, info.key_size) or base.key_plan
  local value_plan = parts.value and decode.compile(parts.value, info.value_size)
    or base.value_plan
  return { key_plan = key_plan, value_plan = value_plan, reduce = base.reduce,
    columns = { key = key_plan:columns("key"), value = value_plan:columns("value") } }
end

local function decoder_for(rule, info)
  local base = decode.for_map(info)
  if base.error then error(base.why, 0) end
  return rule.decode and own_decoder(rule.decode, info, base) or base
end

local function names_of(columns)
  local list = {}
  for i, column in ipairs(columns) do list[i] = column.name end
  return table.concat(list, ", ")
end

-- The column of a path, or the only column; C finds an element of an array.
local function find_column(decoder, side, path)
  local columns = decoder.columns[side]
  if path == "" then
    if #columns == 1 then return columns[1] end
    for _, column in ipairs(columns) do
      if column.name == side then return column end
    end
    error(("the %s has %d columns, name one: %s"):format(side, #columns, names_of(columns)), 0)
  end
  for _, column in ipairs(columns) do
    if column.name == path then return column end
  end
  local array = path:match("^(.-)%[%d+%]")
  if array then
    local wide
    for _, column in ipairs(columns) do
      if column.name == array or (array == side and #columns == 1) then wide = column.wide end
    end
    return { name = path, type = "element", wide = wide }
  end
  error(("the %s has no column '%s' (it has %s)"):format(side, path, names_of(columns)), 0)
end

local Compiled = {}
Compiled.__index = Compiled

function Compiled:column(expr, what)
  if expr.from == "function" then
    self.lua = true
    return { from = "function", fn = expr.fn }
  elseif expr.from == "fact" then
    return { from = "const", text = facts.text(expr.fact, self.info) }
  elseif expr.from == "cpu" then
    return { from = "cpu" }
  elseif expr.raw then
    local raw = type(expr.raw) == "function" and expr.raw(self.info) or expr.raw
    if expr.from == "value" and self.info.per_cpu and not self.each_cpu then
      error("raw takes one CPU's value: give the rule cpus = \"each\"", 0)
    end
    self.raw, expr.kind = true, raw
    return { from = expr.from, raw = raw, path = "" }
  end
  local column = find_column(self.decoder, expr.from, expr.path)
  expr.kind = column.type -- for the decoders that follow it
  if NEEDS_LUA[column.type] and what ~= "slots" then self.lua = true end
  return { from = expr.from, path = column.name, type = column.type,
    unsigned = column.wide == "u64", reduce = column.reduce or self.reduce }
end

function Compiled:number(expr)
  return self:column(expr or { from = "value", path = "" }, "value")
end

-- The same for a count: a negative one makes the entry an error.
function Compiled:count(expr)
  local column = self:number(expr)
  column.counts = true
  return column
end

local ones = { info = true }

function Compiled:add_metric(metric)
  local add = function(cell) self.cells[#self.cells + 1] = cell end
  local cell = { cell = metric.cell, n = metric.n, sum = metric.sum_cell }
  if metric.states or metric.quantiles then
    self.lua = true
    cell.goes, cell.column = "number", self:number(metric.value)
  elseif ones[metric.type] or metric.value and metric.value.from == "one" then
    cell.goes = "one"
  elseif metric.bucket then
    cell.goes, cell.column = "bucket", self:count(metric.value)
    cell.index = self:column(metric.bucket, "bucket")
    cell.first, cell.sum_index = metric.first, metric.sum_index
    cell.bounds = metric.by_bound and metric.raw_bounds or nil
  elseif metric.slots then
    cell.goes, cell.column = "slots", self:column(metric.slots, "slots")
    cell.column.counts = true
  elseif metric.bounds then
    cell.goes, cell.column, cell.bounds = "observe", self:number(metric.value), metric.raw_bounds
  else
    cell.goes = "number"
    cell.column = metric.type == "counter" and self:count(metric.value)
      or self:number(metric.value)
  end
  cell.metric = metric
  add(cell)
  if metric.sum then
    add { goes = "number", column = self:column(metric.sum, "sum"), cell = metric.sum_cell,
      metric = metric }
  end
end

-- Kinds whose texts differ whenever the values differ. (Two processes may have the same name, and
-- so may two symbols. For strings with bytes after their end C checks the texts.)
local TELLS_APART = { cstring = true, bytes = true, hex = true, ipv4 = true, ipv6 = true,
  mac = true, port = true, lpm = true, bool = true, duration = true }
for bits = 3, 7 do
  for _, sign in ipairs { "u", "i", "be" } do TELLS_APART[sign .. (1 << bits)] = true end
end

-- True when each entry has its own label set: every column of the key is an unchanged label.
local function is_identity(self)
  if self.rule.relabel then return false end
  local given = {}
  for _, column in ipairs(self.labels) do
    if column.from == "key" then
      if column.raw then return column.raw ~= "string" or not self.rule.top end
      given[column.path] = TELLS_APART[column.type]
    end
  end
  for _, column in ipairs(self.decoder.columns.key) do
    if not given[column.name] then return false end
  end
  return true
end

--- Compiles a rule for a map. Raises a plain message when the map lacks a column of the rule.
---@param rule table as rule.read gives it
---@param info MapInfo
---@return table { labels, cells, lua, identity, decoder, each_cpu }
function compile.for_map(rule, info)
  local self = setmetatable({ rule = rule, info = info, labels = {}, cells = {}, lua = false,
    each_cpu = rule.each_cpu and info.per_cpu }, Compiled)
  self.decoder = decoder_for(rule, info)
  self.reduce = rule.cpus ~= "each" and rule.cpus or self.decoder.reduce or "sum"
  for i, label in ipairs(rule.labels) do
    self.labels[i] = label.expr and self:column(label.expr, "label")
      or { from = "const", text = label.text }
  end
  for _, metric in ipairs(rule.metrics) do self:add_metric(metric) end
  if type(rule.filter) == "function" then self.lua = true end
  if self.lua and self.raw then
    error("raw: not in a rule that runs a Lua function, or whose column does", 0)
  end
  self.identity = is_identity(self)
  return self
end

--- The table for core.scan and core.scan_text.
function Compiled:spec(map, deadline)
  return { map = map, key_plan = self.decoder.key_plan, value_plan = self.decoder.value_plan,
    labels = self.labels, cells = self.cells, each_cpu = self.each_cpu,
    skip_zero = self.rule.skip_zero, deadline = deadline }
end

return compile
