-- Matches maps against a declaration. A match is a table of conditions that must all hold, or a
-- function of the map's info. More conditions make it more specific.

local globs = require("lunette.runtime.glob")
local strict = require("lunette.runtime.strict")

local match = {}

local WEIGHT = {
  id = 1000, pin = 900, name = 600, id_range = 300, name_glob = 200, pin_glob = 250,
  program = 150, process = 120, type = 50, key_size = 20, value_size = 20, func = 400,
}

local function matches_text(want, have)
  if have == nil then return false end
  if globs.is(want) then return have:find(globs.pattern(want)) ~= nil end
  return want == have
end

local function any_text(want, list)
  for _, have in ipairs(list) do
    if matches_text(want, have) then return true end
  end
  return false
end

-- The kernel keeps 15 bytes of a name. When the full name is unknown, a longer name matches if no
-- other map can have it.
local function cut_name_is(want, info, facts)
  if info.full_name or #info.name < 15 or want:sub(1, 15) ~= info.name then return false end
  local ids = facts.named(want)
  if #ids == 1 then return true end
  return false, ("no map is surely named '%s': the kernel keeps 15 characters, and maps %s may be "
    .. "it; match by pin, id or program"):format(want, table.concat(ids, ", "))
end

local function in_range(id, range)
  return id >= (range[1] or range.from or 0) and id <= (range[2] or range.to or math.maxinteger)
end

local function type_is(want, info)
  if type(want) == "table" then
    for _, one in ipairs(want) do
      if type_is(one, info) then return true end
    end
    return false
  end
  if want == info.type then return true end
  local ok, names = pcall(require, "lunette.names")
  return ok and names.parse_map(want) == info.type
end

-- A function per condition: (wanted, info, facts) -> holds, weight, words; or false, and a reason
-- when it can't be decided.
local conditions = {}

function conditions.name(want, info, facts)
  local glob = globs.is(want)
  local holds = matches_text(want, info.name) or matches_text(want, info.full_name)
  local problem
  if not holds and not glob then holds, problem = cut_name_is(want, info, facts) end
  if not holds then return false, problem end
  return true, glob and WEIGHT.name_glob + #want or WEIGHT.name, ("name %s"):format(want)
end

function conditions.id(want, info)
  if type(want) == "table" then
    return in_range(info.id, want), WEIGHT.id_range,
      ("id %s to %s"):format(want[1] or want.from or "", want[2] or want.to or "")
  end
  return info.id == want, WEIGHT.id, ("id %d"):format(want)
end

function conditions.type(want, info)
  return type_is(want, info), WEIGHT.type,
    "type " .. (type(want) == "table" and table.concat(want, " or ") or want)
end

function conditions.pin(want, info, facts)
  local words = ("pin %s"):format(want)
  if not globs.is(want) then return facts.pinned_at(info.id, want), WEIGHT.pin, words end
  local plain = want:gsub("/%.%f[/]", ""):gsub("//+", "/")
  return any_text(plain, facts.pins(info.id)), WEIGHT.pin_glob + #want, words
end

function conditions.program(want, info, facts)
  return any_text(want, facts.programs(info.id)), WEIGHT.program, ("program %s"):format(want)
end

function conditions.process(want, info, facts)
  return any_text(want, facts.processes(info.id)), WEIGHT.process, ("process %s"):format(want)
end

function conditions.key_size(want, info)
  return info.key_size == want, WEIGHT.key_size, ("key of %d bytes"):format(want)
end

function conditions.value_size(want, info)
  return info.value_size == want, WEIGHT.value_size, ("value of %d bytes"):format(want)
end

local TYPES = {
  name = "string", pin = "string", program = "string", process = "string",
  type = "string table", id = "number table", key_size = "number", value_size = "number",
}

--- Raises on an invalid match.
function match.check(want, level)
  if type(want) == "function" then return end
  if type(want) ~= "table" then
    error("match: must be a table of conditions or a function", level + 1)
  end
  for key, value in pairs(want) do
    if not conditions[key] then
      error(("match: no condition '%s'%s"):format(tostring(key), strict.hint(key, conditions)),
        level + 1)
    end
    if not TYPES[key]:find(type(value), 1, true) then
      error(("match.%s: must be a %s, not a %s"):format(key, (TYPES[key]:gsub(" ", " or a ")),
        type(value)), level + 1)
    end
  end
end

--- How well it matches: a weight (higher is more specific) and the conditions in words. nil when it
--- does not match; with a reason when it can't be decided.
---@return integer|nil weight, string? words
function match.weigh(want, info, facts)
  if type(want) == "function" then
    if not want(info) then return nil end
    return WEIGHT.func, "its own function"
  end
  local total, words = 0, {}
  for key, value in pairs(want) do
    local holds, weight, word = conditions[key](value, info, facts)
    if not holds then return nil, type(weight) == "string" and weight or nil end
    total = total + weight
    words[#words + 1] = word
  end
  table.sort(words)
  return total, #words > 0 and table.concat(words, ", ") or "every map"
end

return match
