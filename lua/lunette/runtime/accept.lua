-- Accept and Accept-Encoding headers: the media types or codings that a client takes, by weight.

local accept = {}

local function weight(part)
  return tonumber(part:lower():match(";%s*q%s*=%s*([%d%.]+)")) or 1
end

--- The items of a header, in its order: { name = "text/plain", q = 0.5, version = "0.0.4" }.
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

--- The offer that the client prefers: what offer_of makes of an item of the header (nil: nothing)
--- with the greatest weight, the first of equals; nil when the client takes none.
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

--- Whether an Accept-Encoding header allows gzip.
---@param header string|nil
---@return boolean
function accept.gzip(header)
  local takes = {}
  for _, item in ipairs(accept.list(header)) do takes[item.name] = item.q > 0 end
  if takes.gzip ~= nil then return takes.gzip end
  return takes["*"] or false
end

return accept
