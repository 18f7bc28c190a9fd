-- A map at a moment, and what changed between two: entries added, removed and changed, with
-- rates. A snapshot is bytes in C's memory; only what changed is decoded. Of a map that is too
-- large for it, the same part of the keys is compared each time.

local bpf = require("bpf")

local changes = {}

--- Reads all entries: { snapshot, count, share, at = seconds, restarted, truncated }. `share` is
--- below 1, and truncated, where it keeps the entries of only so many keys.
---@param map bpf.Map
---@param limit? integer entries at most (as many as 64 MiB hold)
---@param like? table an older one, with which it is to be compared
function changes.snapshot(map, limit, like)
  local snapshot = assert(map:snapshot { entries = limit, like = like and like.snapshot })
  local state = snapshot:state()
  return {
    snapshot = snapshot, count = state.entries, share = state.share, at = bpf.uptime(),
    restarted = state.restarted, truncated = state.truncated or state.share < 1,
  }
end

-- One value for each CPU, or one for all where the decoder reduces them.
local function decoded(decoder, value)
  local plan = decoder.value_plan
  if type(value) ~= "table" then return plan:decode(value) end
  if decoder.reduce then return plan:decode(value, decoder.reduce) end
  local list = {}
  for i, bytes in ipairs(value) do list[i] = plan:decode(bytes) end
  return list
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

local function by_key(a, b) return a.bytes < b.bytes end

--- What changed from the older snapshot to the newer: { added, removed, changed, seconds, counts }.
--- A changed row also has `before`, `delta` and `rate` (a second). Of each list at most `limit`
--- rows; counts tells how many there are.
---@param map bpf.Map
---@param old table
---@param new table
---@param limit? integer rows of each list (10000)
function changes.between(map, old, new, limit)
  local decoder = assert(map:decoder())
  local found = assert(old.snapshot:changes(new.snapshot, limit))
  local result = { seconds = new.at - old.at, counts = found.counts }
  for _, name in ipairs { "added", "removed", "changed" } do
    local list = {}
    for i, entry in ipairs(found[name]) do
      local one = row(decoder, entry[1], entry[2])
      if entry[3] then
        one.before = decoded(decoder, entry[3])
        one.delta = delta(one.value, one.before)
        one.rate = result.seconds > 0 and scaled(one.delta, result.seconds) or nil
      end
      list[i] = one
    end
    table.sort(list, by_key)
    result[name] = list
  end
  return result
end

return changes
