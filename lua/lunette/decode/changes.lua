-- A map at a moment, and what changed between two: entries added, removed and changed, with
-- rates. A snapshot keeps bytes; only what changed is decoded.

local bpf = require("bpf")

local changes = {}

local MAX_ENTRIES = 1000000

local function joined(value) return type(value) == "table" and table.concat(value) or value end

--- Reads all entries: { entries = { [key bytes] = value bytes }, count, at = seconds,
--- restarted, truncated }.
---@param map bpf.Map
---@param limit? integer entries at most (a million)
function changes.snapshot(map, limit)
  local cursor <close> = assert(map:cursor { raw = true })
  local shot = { entries = {}, values = {}, count = 0, at = bpf.uptime() }
  for key, value in function() return cursor:next() end do
    if shot.count >= (limit or MAX_ENTRIES) then
      shot.truncated = true
      break
    end
    if not shot.entries[key] then shot.count = shot.count + 1 end
    shot.entries[key], shot.values[key] = joined(value), value
  end
  local state = cursor:state()
  shot.restarted, shot.truncated = state.restarted, shot.truncated or state.truncated
  return shot
end

-- One value a CPU, or all CPUs as the decoder makes them one: plans decode one CPU's bytes.
local function decoded(decoder, value)
  if type(value) ~= "table" then return decoder.value_plan:decode(value) end
  local list, sum = {}, 0
  for i, bytes in ipairs(value) do
    list[i] = decoder.value_plan:decode(bytes)
    sum = type(list[i]) == "number" and sum and sum + list[i] or nil
  end
  return decoder.reduce == "sum" and sum or list
end

local function row(decoder, key, value)
  return { key = decoder.key_plan:decode(key), bytes = key, value = decoded(decoder, value) }
end

-- The difference of two numbers, or of the numbers of two structs by name.
local function delta(new, old)
  if type(new) == "number" and type(old) == "number" then return new - old end
  if type(new) ~= "table" or type(old) ~= "table" then return nil end
  local result = {}
  for name, value in pairs(new) do result[name] = delta(value, old[name]) end
  return next(result) ~= nil and setmetatable(result, getmetatable(new)) or nil
end

local function scaled(value, seconds)
  if type(value) == "number" then return value / seconds end
  if type(value) ~= "table" then return nil end
  local result = setmetatable({}, getmetatable(value))
  for name, part in pairs(value) do result[name] = scaled(part, seconds) end
  return result
end

--- What changed from the older snapshot to the newer: { added, removed, changed, seconds }. A
--- changed row also has `before`, `delta` and `rate` (a second).
---@param map bpf.Map
---@param old table
---@param new table
function changes.between(map, old, new)
  local decoder = assert(map:decoder())
  local result = { added = {}, removed = {}, changed = {}, seconds = new.at - old.at }
  for key, bytes in pairs(new.entries) do
    if not old.entries[key] then
      table.insert(result.added, row(decoder, key, new.values[key]))
    elseif old.entries[key] ~= bytes then
      local one = row(decoder, key, new.values[key])
      one.before = decoded(decoder, old.values[key])
      one.delta = delta(one.value, one.before)
      one.rate = result.seconds > 0 and scaled(one.delta, result.seconds) or nil
      table.insert(result.changed, one)
    end
  end
  for key in pairs(old.entries) do
    if not new.entries[key] then
      table.insert(result.removed, row(decoder, key, old.values[key]))
    end
  end
  for _, list in ipairs { result.added, result.removed, result.changed } do
    table.sort(list, function(a, b) return a.bytes < b.bytes end)
  end
  return result
end

return changes
