-- Completion in the REPL: globals, fields and methods along a chain such as lunette.decode.u or
-- map:lo, modules in require("…"), and names of kernel objects in bpf.map("…"). Completion calls
-- none of the typed functions; it reads only values that can be read without side effects.

local escape = require("lunette.runtime.escape")

local complete = {}

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]):gmatch("%a+") do KEYWORDS[#KEYWORDS + 1] = word end

-- The metatables of the values that functions of bpf return, by their names in the registry.
local RETURNS = {
  ["bpf.map"] = "lunette.map", ["bpf.prog"] = "lunette.prog", ["bpf.link"] = "lunette.link",
  ["bpf.load"] = "lunette.object", ["bpf.btf"] = "lunette.btf",
}

-- Adds the string keys of a table and of the tables in its __index chain.
local function collect(t, add, depth)
  if type(t) ~= "table" or depth > 5 then return end
  for key in next, t do
    if type(key) == "string" then add(key) end
  end
  local meta = debug.getmetatable(t)
  if type(meta) ~= "table" then return end
  for name in pairs(rawget(meta, "parts") or {}) do add(name) end
  collect(rawget(meta, "__index"), add, depth + 1)
end

-- The value of a field. Calls nothing but the loaders of Lunette's own modules.
local function field(value, name, roots)
  if type(value) == "table" then
    local found = rawget(value, name)
    if found ~= nil then return found end
    if value == roots.lunette then return value[name] end
  end
  local meta = debug.getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index")
  if type(index) == "table" then return field(index, name, roots) end
  return nil
end

-- The value of a chain of names, starting at the globals; nil when there is none.
local function resolve(chain, env)
  local value = env
  local roots = { lunette = rawget(env, "lunette") }
  for name in chain:gmatch("[%a_][%w_]*") do
    value = field(value, name, roots)
    if value == nil then return nil end
  end
  return value
end

-- The tables whose fields may follow: the value's own, or those of a call's result.
local function owner_of(prefix, env)
  local called = prefix:match("([%a_][%w_.]*)%s*%b()$")
  local class = called and debug.getregistry()[RETURNS[called] or ""]
  if called then return class and rawget(class, "__index") end
  local chain = prefix:match("[%a_][%w_]*[%w_.]*$")
  return chain and resolve(chain, env)
end

local function with_prefix(names, start)
  local list, seen = {}, {}
  for _, name in ipairs(names) do
    local is_plain = escape.terminal(name) == name -- control characters can't be typed
    if is_plain and name:sub(1, #start) == start and not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  table.sort(list)
  return list
end

local function fields(prefix, methods, env)
  local names = {}
  local value = owner_of(prefix, env)
  if value == nil then return names end
  local function add(name)
    local usable = name:match("^[%a_][%w_]*$")
    local hidden = name:match("^__")
    if not usable or hidden then return end
    if methods and type(field(value, name, {})) ~= "function" then return end
    names[#names + 1] = name
  end
  if type(value) == "table" then collect(value, add, 0) end
  local meta = debug.getmetatable(value)
  if type(value) ~= "table" and type(meta) == "table" then
    collect(rawget(meta, "__index"), add, 0)
  end
  return names
end

local function module_names()
  local names = {}
  for name in pairs(package.loaded) do names[#names + 1] = name end
  for name in pairs(package.preload) do names[#names + 1] = name end
  return names
end

-- Names of kernel objects, for the string in bpf.map("…") and similar calls.
local function object_names(kind)
  local names = {}
  local list = require("bpf")[kind .. "s"]()
  for _, info in ipairs(list or {}) do
    local name = info.full_name or info.name
    if name and name ~= "" then names[#names + 1] = name end
  end
  return names
end

local function in_string(before)
  local fn, start = before:match("([%a_][%w_.]*)%s*%(?%s*[\"']([^\"']*)$")
  if not fn then return nil end
  if fn == "require" then return with_prefix(module_names(), start), start end
  if fn == "bpf.map" or fn == "bpf.prog" then
    return with_prefix(object_names(fn:sub(5)), start), start
  end
  return {}, start
end

--- The candidates at the end of the text, and the typed start of them.
---@param before string
---@param env table the globals
---@return string[] candidates, string start
function complete.candidates(before, env)
  local names, start = in_string(before)
  if names then return names, start end
  local prefix, separator
  prefix, separator, start = before:match("^(.-)%s*([.:])%s*([%a_]?[%w_]*)$")
  if prefix and not prefix:match("%.$") then
    return with_prefix(fields(prefix, separator == ":", env), start), start
  end
  start = before:match("[%a_][%w_]*$") or ""
  names = table.move(KEYWORDS, 1, #KEYWORDS, 1, {})
  collect(env, function(name) names[#names + 1] = name end, 0)
  return with_prefix(names, start), start
end

local function common_prefix(list)
  local prefix = list[1]
  for _, name in ipairs(list) do
    while name:sub(1, #prefix) ~= prefix do prefix = prefix:sub(1, -2) end
  end
  return prefix
end

-- Candidates in columns, like in a shell.
local function in_columns(list, width)
  local widest = 0
  for _, name in ipairs(list) do widest = math.max(widest, #name + 2) end
  local per_line = math.max(1, width // widest)
  local rows = (#list + per_line - 1) // per_line
  local lines = {}
  for row = 1, rows do
    local parts = {}
    for i = row, #list, rows do parts[#parts + 1] = ("%-" .. widest .. "s"):format(list[i]) end
    lines[row] = table.concat(parts):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

--- For the line editor: the text to insert, or the candidates to show.
---@param before string
---@param env table
---@param width integer|nil of the terminal
---@return string|nil insert, string|nil show
function complete.tab(before, env, width)
  if before:match("^%s*$") then return "  " end
  local list, start = complete.candidates(before, env)
  if #list == 0 then return nil end
  local insert = common_prefix(list):sub(#start + 1)
  if insert ~= "" then return insert end
  if #list > 1 then return nil, in_columns(list, width or 80) end
  return nil
end

return complete
