-- A tool that runs: its object loaded with the parameters, its events or entries as rows.

local bpf = require("bpf")
local decode = require("lunette.decode")
local json = require("lunette.runtime.json")
local lunette = require("lunette")
local params = require("lunette.tool.params")

local run = {}

local Running = {}
Running.__index = Running

local function value_of(part, ...)
  if type(part) == "function" then return part(...) end
  return part
end

-- The object of a tool that is built in is in the binary, that of a script beside the script.
local function load_options(spec, values)
  local opts = {
    programs = value_of(spec.programs, values), alternatives = value_of(spec.alternatives, values),
    set = params.variables(spec.params, values),
  }
  for name, value in pairs(spec.set and spec.set(values) or {}) do opts.set[name] = value end
  local embedded = require("lunette.core.embedded").read("tools/" .. spec.object)
  if embedded and not spec.source.script then
    opts.data = embedded
    return spec.object, opts
  end
  return require("lunette").path(spec.object), opts
end

local function attach(object, spec, values)
  if spec.attach then return spec.attach(object, values) end
  if spec.alternatives then return true end -- load() did, to see whether it can be done
  return object:attach()
end

-- What to show of an error of libbpf: its first line that says why.
local function reason(err)
  local lines = {}
  for line in err:gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines[2] and ("%s (%s)"):format(lines[1], lines[2]:gsub("^libbpf: ", "")) or lines[1]
end

local function cannot(spec, err)
  return ("%s: the kernel can't do it: %s%s"):format(spec.name, reason(err),
    spec.needs and "; it needs " .. spec.needs or "")
end

local function record_plan(spec)
  if not spec.record then return nil end
  return bpf.plan(decode.spec(spec.record), spec.record.size)
end

-- The columns that are shown with these parameters.
local function columns_of(spec, values)
  local list = {}
  for _, column in ipairs(spec.columns or {}) do
    if not column.when or column.when(values) then list[#list + 1] = column end
  end
  return list
end

--- Loads and attaches a tool with these parameters.
---@param spec table
---@param given table<string, any>
---@param buffer? integer bytes of the buffer of events
---@return table|nil running, string? err
function run.open(spec, given, buffer)
  local values, wrong = params.values(spec.params, given)
  if not values then return nil, wrong end
  local found, path, opts = pcall(load_options, spec, values)
  if not found then return nil, path end
  if buffer and spec.events then opts.sizes = { [spec.events] = buffer } end
  local object, err = bpf.load(path, opts)
  if not object then return nil, cannot(spec, err) end
  local running = setmetatable({ spec = spec, values = values, object = object, count = 0,
    columns = columns_of(spec, values), keep = spec.keep and spec.keep(values) or nil }, Running)
  local ok = true
  if spec.events then
    running.events, err = object:events(spec.events,
      { partial = true, strings = true, decoder = record_plan(spec) })
    ok = running.events
  end
  if ok then ok, err = attach(object, spec, values) end
  if ok then return running end
  running:close()
  if spec.attach then return nil, ("%s: %s"):format(spec.name, reason(err)) end
  return nil, cannot(spec, err)
end

function Running:close()
  if self.events then self.events:close() end
  self.object:close()
end

Running.__close = Running.close

--- The records that come within so many seconds, as rows: tables by field. Those that the tool
--- does not want, by its own parameters, are left out.
---@param seconds number
---@return table[]|nil rows, string? err
function Running:read(seconds)
  local batch, err = self.events:read(seconds)
  if not batch then return nil, err end
  local keep, row = self.keep, self.spec.row
  local rows = batch
  if keep or row then
    rows = {}
    for _, record in ipairs(batch) do
      if not keep or keep(record) then
        rows[#rows + 1] = row and row(record, self.values, self.object) or record
      end
    end
  end
  self.count = self.count + #rows
  return rows
end

-- The fields that the columns show as they are; nil where a function makes something.
local function plain_fields(running)
  if running.keep or running.spec.row then return nil end
  local fields = {}
  for i, column in ipairs(running.columns) do
    if column.field ~= column.name then return nil end
    fields[i] = column.field
  end
  return fields
end

--- The rows that come within so many seconds, as lines of JSON made in C; nil where functions of
--- the tool have to make them.
---@param seconds number
---@return string|nil lines, integer|string|nil count_or_err
function Running:json(seconds)
  if self.fields == nil then self.fields = plain_fields(self) or false end
  if not self.fields then return nil end
  local lines, count = self.events:json(seconds, self.fields)
  if not lines then return nil, count end
  self.count = self.count + count
  return lines, count
end

--- Records that were lost, or entries for which a map had no room; nil: it is not known.
---@return integer|nil
function Running:lost()
  if self.events then return self.events:lost() end
  local ok, missed = pcall(self.object.get, self.object, "missed")
  return ok and missed or nil
end

-- A key or value by its fields, or under its own name.
local function add_fields(row, part, name)
  if type(part) == "table" and #part == 0 then
    for field, value in pairs(part) do row[field] = value end
  else
    row[name] = part
  end
end

-- Rows with the same stack as one.
local function merged(rows)
  local list, by_stack = {}, {}
  for _, row in ipairs(rows) do
    local known = by_stack[row.stack]
    if known then
      known.samples, known.time = known.samples + row.samples, known.time + row.time
    else
      by_stack[row.stack] = row
      list[#list + 1] = row
    end
  end
  return list
end

--- The entries of the tool's map, as rows.
---@return table[]|nil rows, string? err
function Running:entries()
  local map <close> = self.object:map(self.spec.map)
  local rows = {}
  for key, value in map:each() do
    local row = {}
    add_fields(row, key, "key")
    add_fields(row, value, "value")
    if self.spec.row then row = self.spec.row(row, self.values, self.object) end
    if not self.keep or self.keep(row) then rows[#rows + 1] = row end
  end
  if self.spec.view == "folded" then rows = merged(rows) end
  self.count = #rows
  return rows
end

local function run_time(object)
  local sum = 0
  for _, prog in ipairs(object:progs()) do
    local info = bpf.prog_info(prog.id)
    sum = sum + (info and info.run_time_ns or 0)
  end
  return sum
end

--- Starts to measure what the tool's programs cost: the function that is returned ends it and gives
--- the share of one CPU, nil where the kernel does not tell.
---@return fun(): number|nil
function Running:cost()
  local stats, begin, before = bpf.stats(), lunette.now(), run_time(self.object)
  return function()
    local spent, passed = run_time(self.object) - before, lunette.now() - begin
    if not stats then return nil end
    stats:close()
    return passed > 0 and spent / 1e9 / passed or nil
  end
end

--- Empties the map: counting begins anew.
function Running:clear()
  local map <close> = self.object:map(self.spec.map)
  local keys = {}
  for key in map:each { raw = true } do keys[#keys + 1] = key end
  for _, key in ipairs(keys) do map:delete(key) end
end

--- Histograms out of the map: { label, unit, slots, buckets }, the fullest last.
---@return table[]
function Running:histograms()
  local list = {}
  for _, row in ipairs(self:entries()) do
    local buckets = decode.histogram.log2(row.slots)
    list[#list + 1] = { label = row.label, unit = value_of(self.spec.unit, self.values),
      buckets = buckets, total = decode.histogram.total(buckets) }
  end
  table.sort(list, function(a, b)
    if a.total ~= b.total then return a.total < b.total end
    return tostring(a.label) < tostring(b.label)
  end)
  return list
end

--- A cell of a row.
---@param column table
---@param row table
---@return any
function Running:cell(column, row)
  if column.value then return column.value(row, self.values) end
  return row[column.field]
end

--- A row as JSON has it: its columns by name, in order.
---@param row table
---@return table
function Running:shown(row)
  local order, made = {}, {}
  for i, column in ipairs(self.columns) do
    order[i] = column.name
    made[column.name] = self:cell(column, row)
  end
  return setmetatable(made, json.shape(order))
end

return run
