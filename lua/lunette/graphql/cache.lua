-- A cache of parsed and validated documents. When it is full, the least recently used half goes.

local cache = {}

local Cache = {}
Cache.__index = Cache

local LARGEST <const> = 65536 -- bytes of the longest text that is kept

--- The value of a key, or nil.
---@param key string
function Cache:get(key)
  local entry = self.entries[key]
  if not entry then return nil end
  self.clock = self.clock + 1
  entry.used = self.clock
  return entry.value
end

-- Drops the less recently used half.
local function shrink(self)
  local used = {}
  for _, entry in pairs(self.entries) do used[#used + 1] = entry.used end
  table.sort(used)
  local limit = used[#used // 2]
  for key, entry in pairs(self.entries) do
    if entry.used <= limit then
      self.entries[key] = nil
      self.count = self.count - 1
    end
  end
end

--- Stores a value. A text longer than LARGEST is not stored.
---@param key string
function Cache:put(key, value)
  if #key > LARGEST then return end
  if not self.entries[key] then
    if self.count >= self.size then shrink(self) end
    self.count = self.count + 1
  end
  self.clock = self.clock + 1
  self.entries[key] = { value = value, used = self.clock }
end

--- Makes a cache with room for `size` entries.
---@param size integer
---@return table
function cache.new(size)
  return setmetatable({ entries = {}, count = 0, size = size, clock = 0 }, Cache)
end

return cache
