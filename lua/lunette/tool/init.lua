-- Tools: a BPF program with its options and columns, declared in one Lua file beside its .bpf.c.
-- `lunette tool NAME` runs one.

local params = require("lunette.tool.params")
local registry = require("lunette.registry")
local strict = require("lunette.runtime.strict")

local tool = {}

--- The tools that are built in: each a file of lua/lunette/tools.
tool.BUILTIN = { "biolatency", "biosnoop", "cachestat", "cpudist", "execsnoop", "exitsnoop",
  "fileslower", "filetop", "fsslower", "funccount", "funclatency", "httpobserver", "killsnoop",
  "offcputime", "oomkill", "opensnoop", "profile", "runqlat", "sigsnoop", "solisten", "statsnoop",
  "syscount", "tcpconnect", "tcpretrans", "tcpstates", "tcptracer", "ttysnoop" }

--- Names of numbers: signals, states of TCP, disks, system calls.
tool.names = require("lunette.tool.names")

local FIELDS = strict.set [[name help params object programs alternatives set attach events record
  map columns view unit sort top keep row metrics needs source folder interval clears]]

local VIEWS = strict.set "events table histogram folded"

local function fail(spec, level, text, ...)
  error(("tool '%s': "):format(tostring(spec.name)) .. text:format(...), level + 1)
end

-- A column: { "TITLE", "field" } or { "TITLE", name =, value = function(row) }.
local function read_column(spec, column, level)
  if type(column) ~= "table" or type(column[1]) ~= "string" then
    fail(spec, level, "a column is { TITLE, FIELD } or { TITLE, value = function }")
  end
  local made = { title = column[1], name = column.name or column[2] or column[1]:lower(),
    field = column[2], value = column.value, width = column.width, align = column.align,
    when = column.when, numeric = column.numeric }
  if (made.field == nil) == (made.value == nil) then
    fail(spec, level, "column %s: needs a field or a function `value`", made.title)
  end
  return made
end

local function check_types(spec, level)
  if type(spec.name) ~= "string" or not spec.name:match("^%l[%w_-]*$") then
    error("tool: the name is of small letters, digits, - and _", level + 1)
  end
  strict.options(("tool '%s'"):format(spec.name), spec, FIELDS, level + 1)
  local kinds = { help = "string", object = "string",
    columns = spec.view ~= "histogram" and "table" or nil }
  for field, kind in pairs(kinds) do
    if type(spec[field]) ~= kind then
      fail(spec, level + 1, "%s must be a %s", field, kind)
    end
  end
  if (spec.events == nil) == (spec.map == nil) then
    fail(spec, level + 1, "needs events or a map")
  end
  spec.view = spec.view or spec.events and "events" or "table"
  if not VIEWS[spec.view] then
    fail(spec, level + 1, "no view '%s'%s", spec.view, strict.hint(spec.view, VIEWS))
  end
end

--- Declares a tool.
---@param spec table
---@return table spec
function tool.declare(spec)
  if type(spec) ~= "table" then error("tool: must be a table", 2) end
  check_types(spec, 2)
  spec.params = params.check(("tool '%s'"):format(spec.name), spec.params or {})
  for _, metric in ipairs(spec.metrics or {}) do
    if type(metric) ~= "table" or type(metric.name) ~= "string" then
      fail(spec, 2, "metrics: a rule is { name =, help =, labels = { fields } }")
    end
  end
  for i, column in ipairs(spec.columns or {}) do spec.columns[i] = read_column(spec, column, 3) end
  for _, other in ipairs(registry.list("tool")) do
    if other.name == spec.name then
      fail(spec, 2, "it is declared already, at %s", registry.where(other))
    end
  end
  return registry.declare("tool", spec)
end

-- The built-in ones are read when they are first asked for.
local function load_builtin()
  for _, name in ipairs(tool.BUILTIN) do require("lunette.tools." .. name) end
end

--- All tools, by name.
---@return table[]
function tool.list()
  load_builtin()
  local list = table.move(registry.list("tool"), 1, #registry.list("tool"), 1, {})
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- A tool by its name; else what there is near it.
---@param name string
---@return table|nil spec, string? err
function tool.find(name)
  local names = {}
  for _, spec in ipairs(tool.list()) do
    if spec.name == name then return spec end
    names[spec.name] = true
  end
  return nil, ("no tool '%s'%s"):format(name, strict.hint(name, names))
end

--- Starts a tool: its programs are loaded and attached until the result is closed.
---@param spec table
---@param given? table<string, any> parameters by name
---@param buffer? integer bytes of the buffer of events
---@return table|nil running, string? err
function tool.open(spec, given, buffer)
  return require("lunette.tool.run").open(spec, given or {}, buffer)
end

return strict.module(tool, "lunette.tool")
