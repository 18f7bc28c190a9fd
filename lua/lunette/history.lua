-- The history of chosen map values: a rule reads a map again and again, by its decoder, and keeps
-- its largest entries' values under "name/key", for charts and questions about the past.
--
--   lunette.history.map { map = "SYSCALLNUM", name = "calls", every = 1, top = 20 }
--   lunette.history.read("calls/bash", { seconds = 60 })

local bpf = require("bpf")
local registry = require("lunette.registry")
local strict = require("lunette.runtime.strict")
local u64 = require("lunette.runtime.u64")

local history = {}

local FIELDS = strict.set "map name every top field key value"
local EVERY, TOP, TOP_MAX = 1.0, 20, 200

-- The key on one line: a struct's fields, sorted by name.
local function key_text(key)
  if type(key) ~= "table" then return tostring(key) end
  local fields, words = {}, {}
  for name in pairs(key) do fields[#fields + 1] = name end
  table.sort(fields, function(a, b) return tostring(a) < tostring(b) end)
  for i, name in ipairs(fields) do words[i] = key_text(key[name]) end
  return table.concat(words, " ")
end

-- The number in a decoded value: the rule's field, summed over the CPUs.
local function number_of(value, field)
  if math.type(value) == "integer" then return u64.float(value) end
  if type(value) == "number" then return value end
  if type(value) ~= "table" then return nil end
  if #value == 0 then return field and number_of(value[field]) or nil end
  local sum
  for _, one in ipairs(value) do
    local number = number_of(one, field)
    if number then sum = (sum or 0.0) + number end
  end
  return sum
end

local function largest(a, b)
  if a.value ~= b.value then return a.value > b.value end
  return a.key < b.key
end

-- The current entries of the rule's map, the largest first.
local function entries(rule)
  local handle = bpf.map(rule.map)
  if not handle then return {} end
  local map <close> = handle
  local list = {}
  for key, value in map:each { decoder = map:decoder() } do
    local number = rule.value(value)
    if number then list[#list + 1] = { key = rule.key(key), value = number } end
  end
  table.sort(list, largest)
  return list
end

--- Reads a rule's map once and keeps its values.
---@param rule table what history.map made
---@param sampler? bpf.Sampler where to keep it; the process' own
---@return integer count
function history.sample(rule, sampler)
  sampler = sampler or bpf.sampler()
  local list = entries(rule)
  local count = math.min(#list, rule.top)
  for i = 1, count do
    sampler:put((rule.name .. "/" .. list[i].key):sub(1, 199), list[i].value)
  end
  return count
end

local function check(ok, message)
  if not ok then error("history: " .. message, 3) end
end

---@class lunette.HistoryRule
---@field map integer|string id, name or pin
---@field name? string what the values are kept under; the map's name by default
---@field every? number seconds, 1 by default
---@field top? integer so many entries, the largest; 20 by default, at most 200
---@field field? string which field of a struct
---@field key? fun(key: any): string of the decoded key
---@field value? fun(value: any): number|nil of the decoded value

--- Declares a service that keeps a map's values. The map may appear later.
---@param rule lunette.HistoryRule
---@return table rule
function history.map(rule)
  check(type(rule) == "table" and rule.map, "needs a map")
  strict.options("history.map", rule, FIELDS, 2)
  local made = {
    map = rule.map, name = rule.name or tostring(rule.map), every = rule.every or EVERY,
    top = rule.top or TOP, key = rule.key or key_text,
  }
  made.value = rule.value or function(value) return number_of(value, rule.field) end
  check(type(made.name) == "string" and #made.name <= 100, "a name is a text of up to 100 bytes")
  check(type(made.every) == "number" and made.every >= 0.1, "every is from 0.1 seconds on")
  check(math.type(made.top) == "integer" and made.top >= 1 and made.top <= TOP_MAX,
    "top is from 1 to " .. TOP_MAX)
  made.run = function(svc)
    while svc:sleep(made.every) do history.sample(made) end
  end
  return registry.declare("service", {
    name = "history " .. made.name, run = made.run, rule = made,
  }).rule
end

--- The values of a name, oldest first; when there are more than `points`, the last of each
--- interval.
---@param name string "calls/bash"
---@param opts? { seconds?: number, from?: number, to?: number, points?: integer }
---@return { time: number, value: number }[]
function history.read(name, opts) return bpf.sampler():values(name, opts) end

--- The names that have values.
---@param prefix? string
---@return string[]
function history.names(prefix) return bpf.sampler():names(prefix) end

return history
