-- Automatic persisted queries, Apollo's protocol: a request may name a document by its SHA-256.
-- When the server does not know the hash, the client sends both once.

local cache = require("lunette.graphql.cache")
local errors = require("lunette.graphql.error")
local sha256 = require("lunette.graphql.sha256")

local persisted = {}

local KEPT <const> = 1000
local DAY <const> = 86400
local LARGEST <const> = 65536 -- bytes

local Store = {}
Store.__index = Store

function Store:get(hash)
  local text = self.near:get(hash)
  if text or not self.shared then return text end
  return self.shared.get("graphql:" .. hash)
end

function Store:put(hash, text)
  self.near:put(hash, text)
  if self.shared and #text <= LARGEST then self.shared.set("graphql:" .. hash, text, DAY) end
end

--- A store of documents: in this VM, and in `shared`, the process-wide store, when given.
---@param shared table|nil
---@return table
function persisted.store(shared)
  return setmetatable({ near = cache.new(KEPT), shared = shared }, Store)
end

local function refuse(message, code)
  return nil, errors.new { message = message, extensions = { code = code } }
end

--- The document of a request: its text, or the stored text of its hash.
---@param store table
---@param query string|nil
---@param extensions table|nil
---@return string|nil query, table? err
function persisted.resolve(store, query, extensions)
  local asked = extensions and extensions.persistedQuery
  if type(asked) ~= "table" then return query end
  local hash = asked.sha256Hash
  if asked.version ~= 1 or type(hash) ~= "string" or not hash:find("^%x+$") or #hash ~= 64 then
    return refuse("Unsupported persisted query version", "PERSISTED_QUERY_NOT_SUPPORTED")
  end
  hash = hash:lower()
  if not query then
    local known = store:get(hash)
    if known then return known end
    return refuse("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
  end
  if #query > LARGEST then
    return refuse("The query is too large to be persisted", "PERSISTED_QUERY_NOT_SUPPORTED")
  end
  if not store:get(hash) then
    if sha256(query) ~= hash then
      return refuse("provided sha does not match query", "PERSISTED_QUERY_MISMATCH")
    end
    store:put(hash, query)
  end
  return query
end

return persisted
