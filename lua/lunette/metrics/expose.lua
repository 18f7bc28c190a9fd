-- /metrics over HTTP: format, selection, deadline, compression.

local budget = require("lunette.core.budget")
local lunette = require("lunette")
local accept = require("lunette.runtime.accept")
local core = require("lunette.core.metrics")

local expose = {}

local CONTENT_TYPE = {
  text = "text/plain; version=0.0.4; charset=utf-8",
  openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8",
}

local MARGIN = 0.9 -- share of the scraper's timeout; the rest is for the transfer
local PATIENCE = 0.6 -- of that, to wait for another scrape's page: longer than any turn of that one
local MANY = 20000 -- samples; about 2 MB
local OWN_SECONDS = 15 -- when neither the scraper nor the request has a deadline

local function format_of(media)
  if media.name == "application/openmetrics-text" then
    local version = media.version
    return (version == nil or version == "1.0.0" or version == "0.0.1") and "openmetrics" or nil
  end
  if media.name == "text/plain" then
    return (media.version == nil or media.version == "0.0.4") and "text" or nil
  end
  return (media.name == "*/*" or media.name == "text/*") and "text" or nil
end

--- The format for an Accept header; the classic one when none of ours is accepted.
---@param header string|nil
---@return "text"|"openmetrics"
function expose.negotiate(header) return accept.best(header, format_of) or "text" end

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

-- The seconds that the scraper or the request has; nil when neither has a limit.
local function timeout_of(headers)
  local seconds = tonumber(headers["x-prometheus-scrape-timeout-seconds"])
  if not seconds or seconds <= 0 then seconds = math.huge end
  seconds = math.min(seconds, budget.left()) * MARGIN
  return seconds < math.huge and seconds or nil
end

-- A page with a stream can be read only once, so it is not shared.
local function is_shared(page) return not select(2, page:size()) end

-- The page that another scrape is making now for the same names and rules, or a new one.
local function page_for(make, opts, timeout)
  local key = sorted(opts.names) .. "\n" .. sorted(opts.rules)
  -- leaves time to make a page when the other one does not come
  local seconds = timeout or OWN_SECONDS
  local got = core.share(key, seconds, seconds * PATIENCE)
  if got and got.size then return got end
  local share <close> = got -- closed without a page: then the waiting scrapes make their own
  local page = make(opts)
  if share and is_shared(page) then share:finish(page) end
  return page
end

-- A large page is written while it is sent, so that no VM holds its whole text.
local function whole(page, format, gzip)
  local samples, streams = page:size()
  if streams or samples > MANY then
    local source = page:source(format)
    return "stream", gzip and core.gzip_source(source) or source
  end
  local text = page:text(format)
  return "body", gzip and core.gzip(text) or text
end

--- Answers a request: returns lunette.http's response table.
---@param req table
---@param make fun(opts: table): table makes a page
---@return table response
function expose.respond(req, make)
  local headers = req.headers or {}
  local format = expose.negotiate(headers.accept)
  local gzip = accept.gzip(headers["accept-encoding"])
  local response = { status = 200, headers = { ["Content-Type"] = CONTENT_TYPE[format],
    ["Vary"] = "Accept, Accept-Encoding", ["Cache-Control"] = "no-store" } }
  if gzip then response.headers["Content-Encoding"] = "gzip" end
  if req.method == "HEAD" then
    response.body = ""
    return response
  end
  local query, timeout = req.query_all or {}, timeout_of(headers)
  local now = lunette.now()
  local page <close> = page_for(make, { names = set_of(query["name[]"]),
    rules = set_of(query.rule), deadline = timeout and now + timeout or nil }, timeout)
  local field, body = whole(page, format, gzip) -- the source keeps the page until it is read
  response[field] = body
  return response
end

return expose
