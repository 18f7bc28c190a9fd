-- The reference of the Lua API from lua/meta, for `lunette help api NAME` and help() in the REPL.

local embedded = require("lunette.core.embedded")
local suggest = require("lunette.runtime.suggest")

local reference = {}

local entries, order

-- Formats a doc line: "---@param which integer its id" as "which  integer its id"; prose is
-- unchanged.
local function doc_line(line)
  local text = line:match("^%-%-%- ?(.*)$")
  local tag, rest = text:match("^@(%a+)%s*(.*)$")
  if not tag then return text end
  if tag == "param" or tag == "field" then
    return ("  %s  %s"):format(rest:match("^(%S+)%s*(.*)$"))
  end
  if tag == "return" then return "  returns " .. rest end
  return nil
end

local function add(name, head, lines)
  if entries[name] then return end
  entries[name] = { name = name, head = head, lines = lines }
  order[#order + 1] = name
end

-- The name that a comment documents: the function below it, else the class or alias in it.
local function finish(comment, line)
  local lines = {}
  for _, text in ipairs(comment) do lines[#lines + 1] = doc_line(text) end
  local name, arguments = line:match("^function ([%w_.:]+)(%b())")
  if name then return add(name, name .. arguments, lines) end
  for _, text in ipairs(comment) do
    local kind, class, rest = text:match("^%-%-%-@(%a+)%s+([%w_.]+)(.*)$")
    if kind == "class" or kind == "alias" then return add(class, class .. rest, lines) end
  end
end

local function read(text)
  local comment = {}
  for line in text:gmatch("([^\n]*)\n") do
    if line:find("^%-%-%-") then
      comment[#comment + 1] = line
    else
      finish(comment, line)
      comment = {}
    end
  end
end

local function load()
  if entries then return end
  entries, order = {}, {}
  for _, name in ipairs(embedded.names("meta/")) do read(embedded.read(name) .. "\n") end
  table.sort(order)
end

-- True when the name is asked for: "lunette.decode.u32" and "map:lookup" find decode.u32 and
-- Map:lookup.
local function means(asked, name)
  asked, name = asked:lower(), name:lower()
  return asked == name or asked:sub(-#name - 1) == "." .. name
end

local function text_of(entry)
  local text = entry.head
  for _, line in ipairs(entry.lines) do text = text .. "\n" .. line end
  return text
end

local function first_line(entry)
  for _, line in ipairs(entry.lines) do
    if line ~= "" and not line:find("^  ") then return line end
  end
  return ""
end

-- The names in a module or class, one per line.
local function list_of(asked)
  local lines, prefix = {}, asked:lower()
  for _, name in ipairs(order) do
    local below = name:lower():match("^" .. prefix:gsub("%W", "%%%0") .. "[.:]")
    if asked == "" and entries[name].head:find("(", 1, true) or below then
      lines[#lines + 1] = ("%-28s %s"):format(name, first_line(entries[name])):match("^.*%S")
    end
  end
  return #lines > 0 and table.concat(lines, "\n") or nil
end

--- The documentation of a name: a function's or class's text; for a module, and also for a class,
--- the names in it. nil and similar names when there is none.
---@param asked string ""; "bpf"; "bpf.map"; "Map:lookup"; "bpf.MapInfo"
---@return string|nil text, string? err
function reference.of(asked)
  load()
  local texts = { entries[asked] and text_of(entries[asked]) }
  for _, name in ipairs(entries[asked] and {} or order) do
    if asked ~= "" and means(asked, name) then texts[#texts + 1] = text_of(entries[name]) end
  end
  texts[#texts + 1] = list_of(asked:match("^lunette%.(.+)$") or asked) or list_of(asked)
  if #texts > 0 then return table.concat(texts, "\n\n") end
  local near = suggest.names(asked, order)[1]
  return nil, ("the API has no '%s'%s"):format(asked, near and (": did you mean '%s'?"):format(near)
    or "; 'lunette help api' lists all names")
end

-- The API name of a function, a module, or a handle's class.
local function name_of(value)
  local meta = debug.getmetatable(value)
  if type(value) == "userdata" and type(meta) == "table" and meta.__name then
    return (meta.__name:gsub("^lunette%.(%a)", string.upper))
  end
  local lunette = require("lunette")
  local modules = { bpf = require("bpf"), lunette = lunette }
  for name in pairs((debug.getmetatable(lunette) or {}).parts or {}) do
    modules[name] = lunette[name]
  end
  for module, functions in pairs(modules) do
    if rawequal(functions, value) then return module end
    for name, fn in pairs(type(functions) == "table" and functions or {}) do
      if rawequal(fn, value) then return module .. "." .. name end
    end
  end
  return nil
end

--- The documentation of a value: a function or module of the API, a handle; or of a name.
---@param value any
---@return string
function reference.help(value)
  local name = value == nil and "" or type(value) == "string" and value or name_of(value)
  if not name then return "this is nothing of the API; help() lists all names" end
  local text, err = reference.of(name)
  return text or err
end

return reference
