-- Completion candidates for a shell: `lunette completion words`, which the shells call.

local bpf = require("bpf")

local candidates = {}

-- The kind of object that an argument names, by the argument's name or the option's placeholder.
local KINDS = {
  program = bpf.progs, PROGRAM = bpf.progs, map = bpf.maps, link = bpf.links, btf = bpf.btfs,
}
local FILES = { ["FILE"] = true, ["FILE|DIR"] = true, ["HEX|@FILE"] = true, DIR = true,
  script = true, query = true, path = true }
local MOST = 2000 -- objects

--- The answer that makes the shell complete file names.
candidates.FILES = ":files"

local function short(text)
  return ((text or ""):gsub("%s+", " "):gsub("[.:] .*", ""):gsub("%.$", ""))
end

local function options(parser)
  local list = {}
  for _, option in ipairs(parser._options) do
    for _, name in ipairs(option._hidden and {} or option._public_aliases) do
      list[#list + 1] = { name, short(option._description) }
    end
  end
  return list
end

local function commands(parser)
  local list = {}
  for _, command in ipairs(parser._commands) do
    list[#list + 1] = { command._name, short(command._summary or command._description) }
  end
  return list
end

-- True when a shell needs no quoting for the name; objects with other names are offered by id.
local function is_plain(name) return name and name:find("^[%w_.:-]+$") ~= nil end

local function objects(list)
  local found, named = {}, {}
  for i, info in ipairs(list() or {}) do
    if i > MOST then break end
    local name = info.full_name or info.name
    if is_plain(name) and not named[name] then
      named[name] = true
      found[#found + 1] = { name, ("%s %d"):format(info.type or "id", info.id) }
    end
    found[#found + 1] = { tostring(info.id), is_plain(name) and name or info.type or "" }
  end
  return found
end

local function values(argument)
  local name = argument._argname or argument._name
  local found = {}
  for i, choice in ipairs(argument._choices or {}) do found[i] = { choice, "" } end
  if argument._choices then return found end
  if FILES[name] then return { { candidates.FILES, "" } } end
  return KINDS[name] and objects(KINDS[name]) or {}
end

local function find(list, word)
  for _, element in ipairs(list) do
    for _, alias in ipairs(element._aliases) do
      if alias == word then return element end
    end
  end
  return nil
end

-- Follows the words before the cursor: finds the command, how many of its arguments are filled, and
-- the option that expects a value.
local function follow(parser, words)
  local filled, i = 0, 1
  while i < #words do
    local option = find(parser._options, words[i])
    local command = not option and find(parser._commands, words[i])
    if option then
      i = i + option._minargs
      if i >= #words and option._minargs > 0 then return parser, filled, option end
    elseif command then
      parser, filled = command, 0
    else
      filled = filled + 1
    end
    i = i + 1
  end
  return parser, filled, nil
end

local function at(parser, words)
  local found, filled, option = follow(parser, words)
  if option then return values(option) end
  if words[#words]:sub(1, 1) == "-" then return options(found) end
  if #found._commands > 0 then return commands(found) end
  local arguments = found._arguments
  local argument = arguments[filled + 1] or arguments[#arguments]
  if not argument or (filled >= #arguments and argument._maxargs == 1) then return {} end
  return values(argument)
end

--- The candidates for the last word: { { word, description } }.
---@param parser table
---@param words string[] those of the line, without "lunette"; the last may be empty
---@return { [1]: string, [2]: string }[]
function candidates.of(parser, words)
  local list = {}
  for _, item in ipairs(at(parser, words)) do
    local fits = item[1]:sub(1, #words[#words]) == words[#words]
    if fits or item[1] == candidates.FILES then list[#list + 1] = item end
  end
  return list
end

return candidates
