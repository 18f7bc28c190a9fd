-- Pages of a map's table for dump, watch and diff, by GraphQL.

local bpf = require("bpf")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tables = require("lunette.table")
local where = require("lunette.cli.map.where")

local page = {}

-- Rows per request. Sorted pages are large, because each reads the whole map.
local SIZE, SORTED = 5000, 50000

local function most(variables) return variables.sort and SORTED or SIZE end

--- The arguments of Map.table for the command line's options, with the map's id.
---@param id integer
---@param given table
---@return table
function page.variables(id, given)
  if given.top and not given.sort then
    exit.fail(exit.USAGE, "--top: needs --sort, which says which rows come first")
  end
  local key, value = where.formats(given.decode)
  return {
    id = id, keyFormat = key, valueFormat = value,
    sort = where.sort(given.sort), filter = where.filter(given.where or {}),
    top = given.top, cpus = given.cpus and given.cpus:upper() or "SUM",
  }
end

--- The same for machine formats, whose conditions may use the sum and each CPU's value.
---@param given table
---@param cpus "sum"|"each"|"both" what they get
---@param id integer|nil
---@return table
function page.machine_variables(given, cpus, id)
  local variables = page.variables(id, given)
  variables.cpus = cpus == "sum" and "SUM" or "BOTH"
  return variables
end

--- Adds the decoder, the condition and the order to the options of map:stream(). Raises on an
--- unknown column.
---@param opts table
---@param info bpf.MapInfo
---@param variables table
---@return table reader of the rows
function page.choose(opts, info, variables)
  local reader = tables.reader(info, variables)
  opts.decoder = { key_plan = reader.key.plan, value_plan = reader.value.plan }
  if variables.cpus == "SUM" then opts.decoder.reduce = reader.reduce end
  if variables.filter then opts.where = tables.where(reader, variables.filter) end
  if variables.sort then
    opts.sort, opts.descending = tables.order(reader, variables.sort)
    opts.limit = math.min(opts.limit or math.maxinteger, variables.top or math.maxinteger)
  end
  return reader
end

--- One page, as GraphQL returns it; a map of a million entries has many.
---@param variables table
---@return table
function page.read(variables)
  local info, err = bpf.map_info(variables.id)
  if not info then exit.fail(exit.code_of(err), "map %d: %s", variables.id, err) end
  local ok, result = pcall(tables.read, info, variables)
  if not ok then exit.fail(exit.code_of(tostring(result)), "%s", result) end
  return result
end

-- A sort's state between pages: see lunette.table.
local function new_run()
  return setmetatable({}, { __close = function(run)
    if run.selection then run.selection:close() end
  end })
end

--- Calls fn(page) for each page of all rows; stops at the limit.
---@param variables table
---@param limit integer|nil
---@param fn fun(page: table)
function page.each(variables, limit, fn)
  local left, run <close> = limit or math.huge, new_run()
  variables.run = run
  while true do
    variables.first = math.min(left, most(variables)) // 1 | 0
    local one = page.read(variables)
    fn(one)
    left = left - #one.rows
    if left <= 0 or not one.pageInfo.hasNextPage then return end
    variables.after = one.pageInfo.endCursor
  end
end

--- The table's columns for lunette.cli.table; a row is the list of its cells.
---@param one table a page
---@return table[]
function page.columns(one)
  local columns = {}
  for i, column in ipairs(one.columns) do
    local unit = graph.value(column.unit)
    columns[i] = {
      title = (unit and ("%s (%s)"):format(column.name, unit) or column.name):upper(),
      align = column.numeric and "right" or nil, shrink = not column.numeric,
      value = function(row) return row.cells[i] end,
    }
  end
  return columns
end

-- Columns with plain names; lists and structs are JSON.
local function csv_columns(of)
  local columns = {}
  for i, column in ipairs(of) do
    columns[i] = { title = column.name, value = function(row)
      local cell = row.cells[i]
      return type(cell) == "table" and json.encode(tables.digits(cell, column.wide)) or cell
    end }
  end
  return columns
end

--- The column numbers of each part; those of CPUs by CPU.
---@param columns table[]
---@return { KEY: integer[], VALUE: integer[], CPU: integer[][] }
function page.parts(columns)
  local parts = { KEY = {}, VALUE = {}, CPU = {} }
  for i, column in ipairs(columns) do
    local list = parts[column.part]
    if column.part == "CPU" then
      list[column.cpu + 1] = list[column.cpu + 1] or {}
      list = list[column.cpu + 1]
    end
    list[#list + 1] = i
  end
  return parts
end

local function pick(from, numbers, to)
  for _, i in ipairs(numbers) do to[#to + 1] = from[i] end
  return to
end

-- Makes a row per CPU: the key, the CPU, its value.
local function cpu_rows(rows, parts)
  local list = {}
  for _, row in ipairs(rows) do
    for cpu, numbers in ipairs(parts.CPU) do
      local line = pick(row.cells, parts.KEY, {})
      line[#line + 1] = cpu - 1
      list[#list + 1] = { cells = pick(row.cells, numbers, line) }
    end
  end
  return list
end

--- The columns and rows for CSV: one row per entry, or per CPU of an entry.
---@param one table a page
---@param each boolean
---@return table[] columns, table[] rows
function page.csv(one, each)
  local parts = page.parts(one.columns)
  if not each or #parts.CPU == 0 then return csv_columns(one.columns), one.rows end
  local columns = pick(one.columns, parts.KEY, {})
  columns[#columns + 1] = { name = "cpu" }
  return csv_columns(pick(one.columns, parts.VALUE, columns)), cpu_rows(one.rows, parts)
end

--- Prints a page's note on stderr.
---@param one table a page
function page.warn(one)
  if one.restarted then
    output.note("the map changed while it was read: rows may be missing or double")
  end
  if one.truncated then output.note("reading was cut short: there are more entries") end
  local broken = 0
  for _, row in ipairs(one.rows) do
    if graph.value(row.error) then broken = broken + 1 end
  end
  if broken > 0 then output.note(("%d entries could not be decoded"):format(broken)) end
end

--- Ends the command with the page's reason when the map can't be read.
---@param one table a page
function page.explain(one)
  local note = graph.value(one.note)
  if note and #one.rows == 0 and not one.empty then exit.fail(exit.FAILED, "%s", note) end
end

return page
