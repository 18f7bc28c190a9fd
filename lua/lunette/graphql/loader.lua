-- Loaders: fetch in one batch the values that many resolvers ask for one by one.
--
--   local users = ctx.loader("users", function(ids) … return list in the order of ids end)
--   return users:load(id)            -- a promise: the field is completed when the batch has run
--   return users:load(id):map(function(user) return user.name end)
--
-- Each key is fetched once per request. The batch function runs when every field that does not
-- need it has been resolved.

local errors = require("lunette.graphql.error")

local loader = {}

local Promise = {}
Promise.__index = Promise
Promise.__name = "graphql.promise"

--- The metatable of promises; the executor recognizes a promise by it.
loader.PENDING = Promise

--- A promise of fn(value).
---@param fn fun(value: any): any
function Promise:map(fn)
  return setmetatable({ source = self, fn = fn }, Promise)
end

-- Settles a mapped promise once its source is settled; true when it is settled.
local function settled(promise)
  if promise.done then return true end
  local from = promise.source
  if not from or not settled(from) then return false end
  promise.done = true
  if from.failed then
    promise.failed, promise.value = true, from.value
    return true
  end
  local ok, value = pcall(promise.fn, from.value)
  promise.failed, promise.value = not ok, value
  return true
end
loader.settled = settled

local Loader = {}
Loader.__index = Loader

local function settle(promise, value)
  promise.done, promise.value = true, value
  promise.failed = errors.is(value)
end

--- The value of a key, or a promise of it.
---@param key any
function Loader:load(key)
  if key == nil then error("loader: the key must not be nil", 2) end
  local promise = self.promises[key]
  if promise then
    if promise.done and not promise.failed then return promise.value end
    return promise
  end
  promise = setmetatable({}, Promise)
  self.promises[key] = promise
  self.waiting[#self.waiting + 1] = key
  return promise
end

--- The values of several keys, each a value or a promise.
---@param keys any[]
function Loader:load_many(keys)
  local list = {}
  for i, key in ipairs(keys) do list[i] = self:load(key) end
  return list
end

--- Sets a key's value, so that it isn't fetched.
function Loader:prime(key, value)
  if self.promises[key] then return end
  local promise = setmetatable({}, Promise)
  settle(promise, value)
  self.promises[key] = promise
end

--- Removes a key's value, so that it is fetched again.
function Loader:clear(key)
  local promise = self.promises[key]
  if promise and promise.done then self.promises[key] = nil end
end

-- Fetches the keys that are waited for; true when there were any.
local function run(self)
  local keys = self.waiting
  if #keys == 0 then return false end
  self.waiting = {}
  local ok, values, message = pcall(self.batch, keys)
  if ok and type(values) ~= "table" then
    ok, values = false, message or ('loader "%s": the batch function must return a list'):format(
      self.name)
  end
  for i, key in ipairs(keys) do
    local promise = self.promises[key]
    if ok then
      settle(promise, values[i])
    else
      promise.done, promise.failed, promise.value = true, true, values
    end
  end
  return true
end

--- The loaders of one request: a function (name, batch) that makes each loader once.
---@param exec table whose field `loaders` lists them, when there are any
function loader.set(exec)
  return function(name, batch)
    local all = exec.loaders or {}
    local found = all[name]
    if found then return found end
    if type(batch) ~= "function" then
      error(("loader %q: needs a batch function"):format(tostring(name)), 2)
    end
    found = setmetatable({ name = name, batch = batch, promises = {}, waiting = {} }, Loader)
    all[name] = found
    all[#all + 1] = found
    exec.loaders = all
    return found
  end
end

--- Runs every batch that is waited for; true when there was one.
---@param all table[]
---@return boolean
function loader.run_all(all)
  local any = false
  for _, one in ipairs(all) do any = run(one) or any end
  return any
end

return loader
