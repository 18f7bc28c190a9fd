-- Pages of a map's table, as GraphQL has them: what dump, watch and diff show.

local bpf = require("bpf")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tables = require("lunette.table")
local where = require("lunette.cli.map.where")

local page = {}

-- Rows at once: a sorted page reads the whole map, so it had better be a large one.
local SIZE, SORTED = 5000, 50000

local function most(variables) return variables.sort and SORTED or SIZE end

--- The arguments of Map.table by what the command line says, with the map's id.
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

--- The same for machines, which choose by the sum and by each CPU's value alike.
---@param given table
---@param cpus "sum"|"each"|"both" what they get
---@param id integer|nil
---@return table
function page.machine_variables(given, cpus, id)
  local variables = page.variables(id, given)
  variables.cpus = cpus == "sum" and "SUM" or "BOTH"
  return variables
end

--- Puts into the options of map:stream() what the variables choose and sort by; false where only
--- Lua can do that. Raises on what is no column.
---@param opts table
---@param info bpf.MapInfo
---@param decoder table in force
---@param variables table
---@return boolean
function page.choose(opts, info, decoder, variables)
  local reader = tables.reader(info, { decoder = decoder, cpus = variables.cpus })
  if variables.filter then
    opts.where = tables.where(reader, variables.filter)
    if not opts.where then return false end
  end
  if variables.sort then
    opts.sort, opts.descending = tables.order(reader, variables.sort)
    if not opts.sort then return false end
    opts.limit = math.min(opts.limit or math.maxinteger, variables.top or math.maxinteger)
  end
  return true
end

--- One page, as GraphQL has it: a map of a million entries is many of them.
---@param variables table
---@return table
function page.read(variables)
  local info, err = bpf.map_info(variables.id)
  if not info then exit.fail(exit.code_of(err), "map %d: %s", variables.id, err) end
  local ok, result = pcall(tables.read, info, variables)
  if not ok then exit.fail(exit.code_of(tostring(result)), "%s", result) end
  return result
end

-- What a sort keeps from page to page: see lunette.table.
local function new_run()
  return setmetatable({}, { __close = function(run)
    if run.selection then run.selection:close() end
  end })
end

--- All rows, a page at a time: fn(page) for each. A limit ends it.
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

--- The table's columns as those of lunette.cli.table; a row is the list of its cells.
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

-- By their plain names, lists and structs as JSON.
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

--- The numbers of the columns of each part, those of CPUs by CPU.
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

-- A row a CPU: the key, the CPU, its value.
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

--- Columns and rows for CSV: a row an entry, or one for each of its CPUs' values.
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

--- Says on stderr what the reader should know of how it was read.
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

--- Ends the command with the sentence that says why nothing can be seen, if there is one.
---@param one table a page
function page.explain(one)
  local note = graph.value(one.note)
  if note and #one.rows == 0 and not one.empty then exit.fail(exit.FAILED, "%s", note) end
end

return page
