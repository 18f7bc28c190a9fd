-- Filters lists of objects.

local glob = require("lunette.runtime.glob")

local filter = {}

local function kernel_type(text, parse)
  local type = parse(text)
  if not type then error(("filter: unknown type '%s'"):format(text), 0) end
  return type
end

--- True when one of the words contains the text, ignoring case.
---@param words string[]
---@param text string
---@return boolean
function filter.contains(words, text)
  text = text:lower()
  for _, word in ipairs(words) do
    if word:lower():find(text, 1, true) then return true end
  end
  return false
end

-- One function per given condition; all must be true.
local function conditions(k, wanted, how)
  local tests = {}
  local function add(test) tests[#tests + 1] = test end
  if wanted.name then
    local pattern = glob.pattern(wanted.name)
    add(function(info)
      return info.name and info.name:find(pattern)
        or info.full_name and info.full_name:find(pattern)
    end)
  end
  if wanted.type then
    local type = kernel_type(wanted.type, how.parse_type)
    add(function(info) return info.type == type end)
  end
  if wanted.tag then add(function(info) return info.tag == wanted.tag end) end
  if wanted.programId then add(function(info) return info.prog_id == wanted.programId end) end
  if wanted.own ~= nil then add(function(info) return (info.own or false) == wanted.own end) end
  if wanted.search then
    add(function(info) return filter.contains(how.haystack(info, k), wanted.search) end)
  end
  return tests
end

local function passes(info, tests)
  for _, test in ipairs(tests) do
    if not test(info) then return false end
  end
  return true
end

--- The objects of a kind that pass the filter. how.parse_type reads a type's name in any spelling;
--- how.haystack returns the words that a search looks through.
---@param k table
---@param kind string
---@param wanted table
---@param how { parse_type: function, haystack: function }
---@return table[]
function filter.objects(k, kind, wanted, how)
  local tests = conditions(k, wanted, how)
  local list = {}
  for _, info in ipairs(wanted.ids and k:some(kind, wanted.ids) or k:list(kind)) do
    if passes(info, tests) then list[#list + 1] = info end
  end
  return list
end

return filter
