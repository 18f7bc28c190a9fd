-- GraphQL over WebSocket: the graphql-transport-ws protocol, as callbacks for
-- lunette.http.websocket(path, require("lunette.graphql.ws").handlers { schema = … }).

local json = require("lunette.runtime.json")
local json_text = require("lunette.graphql.json_text")
local limits = require("lunette.graphql.limits")
local live = require("lunette.graphql.live")
local subscribe = require("lunette.graphql.subscribe")
local request = require("lunette.graphql.request")

local ws = {}

local INIT_SECONDS <const> = 10 -- seconds that a client has for connection_init
local MOST <const> = 100 -- most operations of one connection at a time
local INIT_TAG <const> = "connection_init"

local function send(conn, message) return conn:send(json.encode(message)) == true end

local shapes = {
  next = json.shape { "id", "type", "payload" }, error = json.shape { "id", "type", "payload" },
  complete = json.shape { "id", "type" },
}

local function say(conn, kind, id, payload)
  return send(conn, setmetatable({ id = id, type = kind, payload = payload }, shapes[kind]))
end

-- Ends an operation from our side.
local function finish(conn, id)
  local stream = conn.data.streams[id]
  if not stream then return end
  conn.data.streams[id] = nil
  conn.data.count = conn.data.count - 1
  live.detach(conn, id, stream)
end

local function sink_of(conn, id)
  return {
    result = function(result) return say(conn, "next", id, result) end,
    done = function()
      finish(conn, id)
      say(conn, "complete", id)
    end,
  }
end

local function given_of(opts, conn, payload)
  return {
    schema = type(opts.schema) == "function" and opts.schema() or opts.schema,
    source = payload.query, variables = payload.variables,
    operation_name = payload.operationName, limits = opts.limits, clock = opts.clock,
    context = opts.context and opts.context(conn.data.req, conn.data.params) or {},
  }
end

local function operate(opts, conn, id, payload)
  local result = subscribe.answer(given_of(opts, conn, payload))
  if subscribe.is_stream(result) then
    conn.data.streams[id] = result
    conn.data.count = conn.data.count + 1
    return live.attach(conn, id, result, sink_of(conn, id))
  end
  if not request.has_data(result) then return say(conn, "error", id, result.errors) end
  say(conn, "next", id, result)
  say(conn, "complete", id)
end

local function object_or_nil(value)
  return value == nil or value == json.null or (type(value) == "table" and #value == 0)
end

local function text_or_nil(value)
  return value == nil or value == json.null or type(value) == "string"
end

local function well_formed(message)
  local payload = message.payload
  return type(message.id) == "string" and message.id ~= "" and type(payload) == "table"
    and type(payload.query) == "string" and text_or_nil(payload.operationName)
    and object_or_nil(payload.variables) and object_or_nil(payload.extensions)
end

local on = {}

function on.connection_init(opts, conn, message)
  local data = conn.data
  if data.initialised then return conn:close(4429, "Too many initialisation requests") end
  data.initialised = true
  conn:unsubscribe(INIT_TAG)
  data.params = type(message.payload) == "table" and message.payload or {}
  if opts.init and opts.init(data.req, data.params) == false then
    return conn:close(4403, "Forbidden")
  end
  data.ready = true
  send(conn, { type = "connection_ack" })
end

function on.ping(_, conn, message)
  send(conn, { type = "pong", payload = message.payload })
end

function on.pong() end

function on.subscribe(opts, conn, message)
  local data, id = conn.data, message.id
  if not data.ready then return conn:close(4401, "Unauthorized") end
  if not well_formed(message) then return conn:close(4400, "Invalid subscribe message") end
  if data.streams[id] then
    return conn:close(4409, ("Subscriber for %s already exists"):format(id:sub(1, 60)))
  end
  if data.count >= MOST then
    return say(conn, "error", id, json.array {
      { message = ("More than %d operations on one connection."):format(MOST) } })
  end
  operate(opts, conn, id, message.payload)
end

function on.complete(_, conn, message)
  if type(message.id) == "string" then finish(conn, message.id) end
end

--- Callbacks for a WebSocket. opts: schema (or a function that returns it), context (a function of
--- the request and of connection_init's payload), init (the same arguments; false refuses the
--- client), limits, clock.
---@param opts table
---@return table
function ws.handlers(opts)
  opts = setmetatable({ limits = opts.limits or limits.defaults }, { __index = opts })
  local handlers = { protocols = { "graphql-transport-ws" } }

  function handlers.open(conn, req)
    local data = conn.data
    data.req, data.streams, data.count = req, {}, 0
    conn:every(INIT_SECONDS, INIT_TAG)
  end

  function handlers.message(conn, text)
    local message = json_text.decode(text)
    local handle = type(message) == "table" and on[message.type]
    if not handle then return conn:close(4400, "Invalid message received") end
    handle(opts, conn, message)
  end

  function handlers.event(conn, tag, payload)
    if tag == INIT_TAG then
      if not conn.data.initialised then conn:close(4408, "Connection initialisation timeout") end
      return
    end
    local stream = conn.data.streams[tag]
    if stream then live.event(stream, payload, sink_of(conn, tag)) end
  end

  function handlers.close(conn)
    for _, stream in pairs(conn.data.streams or {}) do stream:close() end
    conn.data.streams, conn.data.count = {}, 0
  end
  return handlers
end

return ws
