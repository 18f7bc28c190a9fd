-- Parses Accept and Accept-Encoding headers: the client's media types or codings, with weights.

local accept = {}

local function weight(part)
  return tonumber(part:lower():match(";%s*q%s*=%s*([%d%.]+)")) or 1
end

--- The items of a header in order: { name = "text/plain", q = 0.5, version = "0.0.4" }.
---@param header string|nil
---@return { name: string, q: number, version: string|nil }[]
function accept.list(header)
  local list = {}
  for part in (header or ""):gmatch("[^,]+") do
    local name = part:match("^%s*([^;%s]+)")
    if name then
      list[#list + 1] = { name = name:lower(), q = weight(part),
        version = part:match(";%s*version=\"?([%w%.]+)") }
    end
  end
  return list
end

--- The offer that the client prefers: offer_of(item) of the item with the highest weight, the first
--- of equals; nil when the client accepts none. offer_of returns nil for an item without an offer.
---@generic T
---@param header string|nil
---@param offer_of fun(item: { name: string, q: number, version: string|nil }): T|nil
---@return T|nil
function accept.best(header, offer_of)
  local best, best_q = nil, 0
  for _, item in ipairs(accept.list(header)) do
    local offer = item.q > best_q and offer_of(item)
    if offer then best, best_q = offer, item.q end
  end
  return best
end

--- True when an Accept-Encoding header allows gzip.
---@param header string|nil
---@return boolean
function accept.gzip(header)
  local takes = {}
  for _, item in ipairs(accept.list(header)) do takes[item.name] = item.q > 0 end
  if takes.gzip ~= nil then return takes.gzip end
  return takes["*"] or false
end

return accept
