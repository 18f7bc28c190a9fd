-- GraphQL over HTTP, as a handler for lunette.http:
--
--   local handler = require("lunette.graphql.http").handler { schema = …, context = fn(req) }
--   lunette.http.route("/graphql", handler)
--
-- POST with JSON and GET; application/graphql-response+json, application/json, and
-- text/event-stream (graphql-sse's distinct connections mode), for subscriptions too.

local accept = require("lunette.runtime.accept")
local coerce = require("lunette.graphql.coerce")
local errors = require("lunette.graphql.error")
local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")
local limits = require("lunette.graphql.limits")
local live = require("lunette.graphql.live")
local persisted = require("lunette.graphql.persisted")
local request = require("lunette.graphql.request")
local subscribe = require("lunette.graphql.subscribe")

local http = {}

local RESPONSE <const> = "application/graphql-response+json"
local JSON <const> = "application/json"
local EVENTS <const> = "text/event-stream"

local FIELDS = { query = true, variables = true, operationName = true, extensions = true }

local OFFERS = { [RESPONSE] = RESPONSE, [JSON] = JSON, [EVENTS] = EVENTS, ["*/*"] = JSON,
  ["application/*"] = JSON }

local function offer_of(item) return OFFERS[item.name] end

-- The media type that the client prefers; nil when it accepts none of ours.
local function negotiate(header)
  if not header or header == "" then return JSON end
  return accept.best(header, offer_of)
end

local function respond(status, media, value, headers)
  headers = headers or {}
  headers["content-type"] = media .. "; charset=utf-8"
  return { status = status, headers = headers, body = json.encode(value) }
end

local function refuse(status, media, message, headers)
  if media == EVENTS then media = JSON end
  return respond(status, media, request.refused { errors.new { message = message } }, headers)
end

local function is_object(value)
  return type(value) == "table" and not coerce.is_list(value)
end

-- Checks the parameters of a request; nil, status and message when they are wrong.
local function checked(params)
  for name, value in pairs(params) do
    if value == json.null then params[name] = nil end
  end
  if params.query ~= nil and type(params.query) ~= "string" then
    return nil, 400, "The query must be a string."
  elseif params.operationName ~= nil and type(params.operationName) ~= "string" then
    return nil, 400, "The operationName must be a string."
  elseif params.variables ~= nil and not is_object(params.variables) then
    return nil, 400, "The variables must be an object."
  elseif params.extensions ~= nil and not is_object(params.extensions) then
    return nil, 400, "The extensions must be an object."
  elseif not params.query and not (params.extensions or {}).persistedQuery then
    return nil, 400, "The query is missing."
  end
  return params
end

local function from_body(req)
  local media = (req.headers["content-type"] or ""):lower()
  if not media:find("^application/json%f[;%s%z]") then
    return nil, 415, "The body must be application/json."
  end
  local charset = media:match("charset=\"?([^;%s\"]+)")
  if charset and charset ~= "utf-8" then return nil, 415, "The body must be UTF-8." end
  local body, err = json_text.decode(req.body or "")
  if body == nil or err then return nil, 400, "The body is no JSON." end
  if type(body) ~= "table" then return nil, 400, "The body must be a JSON object." end
  if coerce.is_list(body) then
    return nil, 400, "Batches are not supported: send each operation in a request of its own."
  end
  local params = {}
  for name in pairs(FIELDS) do params[name] = body[name] end
  return checked(params)
end

local function from_query(req)
  local params = {}
  for name in pairs(FIELDS) do params[name] = req.query[name] end
  for _, name in ipairs({ "variables", "extensions" }) do
    if params[name] == "" then params[name] = nil end
    if params[name] then
      local value, err = json_text.decode(params[name])
      if err then return nil, 400, ("The %s are no JSON."):format(name) end
      params[name] = value
    end
  end
  if params.operationName == "" then params.operationName = nil end
  return checked(params)
end

local function status_of(media, result)
  if media == RESPONSE and result.errors and not request.has_data(result) then return 400 end
  return 200
end

-- A result, or the results of a stream, as server-sent events.
local function as_events(result)
  local headers = { ["cache-control"] = "no-cache" }
  local handlers = live.events(result)
  return { status = 200, headers = headers, events = handlers }
end

local function answer(opts, req, params, media)
  local query, err = persisted.resolve(opts.store, params.query, params.extensions)
  if not query then
    return respond(200, media == EVENTS and JSON or media, request.refused { err })
  end
  local given = {
    schema = type(opts.schema) == "function" and opts.schema() or opts.schema, source = query,
    variables = params.variables, operation_name = params.operationName,
    context = opts.context and opts.context(req) or {}, limits = opts.limits,
    clock = opts.clock,
  }
  local exec, list = request.prepare(given)
  if not exec then
    local result = request.refused(list)
    if media == EVENTS then return as_events(result) end
    return respond(status_of(media, result), media, result)
  end
  local kind = exec.operation.operation
  if kind == "mutation" and req.method == "GET" then
    return refuse(405, media, "Mutations need POST.", { allow = "POST" })
  elseif kind == "subscription" and media ~= EVENTS then
    return refuse(400, media, "Subscriptions need a WebSocket or Accept: text/event-stream.")
  end
  local result = kind == "subscription" and subscribe.of(exec) or request.run(exec)
  if media == EVENTS then return as_events(result) end
  return respond(status_of(media, result), media, result)
end

--- Makes a handler. opts: schema (or a function that returns it), context (a function of the
--- request), limits (default graphql.limits), clock, shared (a store for persisted queries).
---@param opts table
---@return fun(req: table): table
function http.handler(opts)
  opts = setmetatable({
    limits = opts.limits or limits.defaults, store = persisted.store(opts.shared),
  }, { __index = opts })
  return function(req)
    local media = negotiate(req.headers.accept)
    if not media then
      return refuse(406, JSON, ("Accept must allow %s or %s."):format(RESPONSE, JSON),
        { accept = RESPONSE .. ", " .. JSON })
    end
    if req.method ~= "GET" and req.method ~= "POST" then
      return refuse(405, media, "GraphQL needs POST or GET.", { allow = "GET, POST" })
    end
    local read = req.method == "GET" and from_query or from_body
    local params, status, message = read(req)
    if not params then return refuse(status, media, message) end
    return answer(opts, req, params, media)
  end
end

return http
