-- /metrics over HTTP: which format, which part, by when, and compressed or not.

local core = require("lunette.core.metrics")
local turn = require("lunette.metrics.turn")

local expose = {}

local CONTENT_TYPE = {
  text = "text/plain; version=0.0.4; charset=utf-8",
  openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8",
}

-- Of the scraper's own timeout, what is left for the way there and back; of our own, for the end.
local MARGIN = 0.9
-- The part of it in which another scrape's page is waited for: longer than any turn of that one.
local PATIENCE = 0.6
local OWN_SECONDS = 15 -- where neither the scraper nor the request has an end

local function quality(part) return tonumber(part:lower():match(";%s*q%s*=%s*([%d%.]+)")) or 1 end

-- "a/b; q=0.5; version=1.0.0, …" as { type, q, version }, in order.
local function accepted(header)
  local list = {}
  for part in (header or ""):gmatch("[^,]+") do
    local media = part:match("^%s*([^;%s]+)")
    if media then
      list[#list + 1] = { type = media:lower(), q = quality(part),
        version = part:match(";%s*version=\"?([%w%.]+)") }
    end
  end
  return list
end

local function format_of(media)
  if media.type == "application/openmetrics-text" then
    local version = media.version
    return (version == nil or version == "1.0.0" or version == "0.0.1") and "openmetrics" or nil
  end
  if media.type == "text/plain" then
    return (media.version == nil or media.version == "0.0.4") and "text" or nil
  end
  return (media.type == "*/*" or media.type == "text/*") and "text" or nil
end

--- The format that an Accept header asks for; the classic one when it knows neither.
---@param header string|nil
---@return "text"|"openmetrics"
function expose.negotiate(header)
  local best, best_q = "text", 0
  for _, media in ipairs(accepted(header)) do
    local format = format_of(media)
    if format and media.q > best_q then best, best_q = format, media.q end
  end
  return best
end

--- Whether an Accept-Encoding header allows gzip.
---@param header string|nil
---@return boolean
function expose.takes_gzip(header)
  local takes = {}
  for part in (header or ""):lower():gmatch("[^,]+") do
    local coding = part:match("^%s*([^;%s]+)")
    if coding then takes[coding] = quality(part) > 0 end
  end
  if takes.gzip ~= nil then return takes.gzip end
  return takes["*"] or false
end

local function set_of(list)
  if type(list) == "string" then list = { list } end
  if not list or #list == 0 then return nil end
  local set = {}
  for _, item in ipairs(list) do
    if item ~= "" then set[item] = true end
  end
  return next(set) and set or nil
end

local function sorted(set)
  local list = {}
  for item in pairs(set or {}) do list[#list + 1] = item end
  table.sort(list)
  return table.concat(list, ",")
end

-- Seconds that the scraper gives us, or that a request has here; nil where neither ends.
local function timeout_of(headers)
  local seconds = tonumber(headers["x-prometheus-scrape-timeout-seconds"])
  if not seconds or seconds <= 0 then seconds = math.huge end
  seconds = math.min(seconds, core.left()) * MARGIN
  return seconds < math.huge and seconds or nil
end

-- Lands with what other scrapes can share: a page that is read while it is made is its reader's.
local function land(flight, page)
  local streams = not page or select(2, page:size())
  flight:land(not streams and page or nil)
end

-- The page: that of a scrape in flight which asks for the same, or a new one. When some of it is
-- to come, finish() makes that.
local function page_for(begin, opts, timeout)
  local key = sorted(opts.names) .. "\n" .. sorted(opts.rules)
  -- Should the other one's not come, there is some time left to make one.
  local seconds = timeout or OWN_SECONDS
  local got = core.flight(key, seconds, seconds * PATIENCE)
  if got and got.size then return got end
  local flight = got or { land = function() end }
  -- Who waits for this page makes its own when this one fails.
  local function try(fn, ...)
    local ok, result = pcall(fn, ...)
    if ok then return result end
    flight:land()
    error(result, 0)
  end
  local scrape = try(begin, opts, false)
  local function finish(moved)
    local page = try(scrape.finish, scrape, moved)
    land(flight, page)
    return page
  end
  if #scrape.later > 0 then return scrape.page, finish, turn.latest(scrape) end
  return finish()
end

local function whole(page, format, gzip)
  local _, streams = page:size()
  if streams then
    local source = page:source(format)
    return "source", gzip and core.gzip_source(source) or source
  end
  local text = page:text(format)
  return "body", gzip and core.gzip(text) or text
end

-- What is ready goes at once; after() makes the rest, for which the reader waits at the gate.
local function in_parts(page, finish, format, gzip, latest)
  local gate = core.gate()
  local function moved(seconds) gate:by(seconds) end
  local text, rest = page:begin(format)
  local source = gate:source(text, rest, page)
  if latest then moved(latest) end
  return gzip and core.gzip_source(source) or source, function()
    local _ <close> = gate
    finish(moved)
  end
end

--- Answers a request: the response table of lunette.http.
---@param req table
---@param begin fun(opts: table, patient: boolean): table begins a scrape
---@return table response
function expose.respond(req, begin)
  local headers = req.headers or {}
  local format = expose.negotiate(headers.accept)
  local gzip = expose.takes_gzip(headers["accept-encoding"])
  local response = { status = 200, headers = { ["Content-Type"] = CONTENT_TYPE[format],
    ["Vary"] = "Accept, Accept-Encoding", ["Cache-Control"] = "no-store" } }
  if gzip then response.headers["Content-Encoding"] = "gzip" end
  if req.method == "HEAD" then
    response.body = ""
    return response
  end
  local query, timeout = req.query_all or {}, timeout_of(headers)
  local _, now = core.now()
  local page, finish, latest = page_for(begin, { names = set_of(query["name[]"]),
    rules = set_of(query.rule), deadline = timeout and now + timeout or nil }, timeout)
  if finish then
    response.source, response.after = in_parts(page, finish, format, gzip, latest)
    return response
  end
  -- What is left of it lives in its source, and goes with that.
  local handle <close> = page
  local field, body = whole(handle, format, gzip)
  response[field] = body
  return response
end

return expose
