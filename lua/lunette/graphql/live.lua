-- Runs GraphQL streams on live connections. Between two events no VM is held: the stream's source
-- says what it waits for, and the connection's event callback passes it the next event.

local json = require("lunette.runtime.json")
local subscribe = require("lunette.graphql.subscribe")

local live = {}

local BATCH <const> = 64 -- events of an iterator in one job
local PAUSE <const> = 0.05 -- seconds until the next job

-- Sends the next events of an iterator, at most BATCH in one job.
local function pull(stream, sink)
  for _ = 1, BATCH do
    local result = stream:next()
    if not result then return sink.done() end
    if not sink.result(result) then return end
  end
end

--- Starts sending a stream's results to a sink. `sink.result(result)` returns true to go on;
--- `sink.done()` is called at the end.
---@param conn table
---@param tag any
---@param stream table
---@param sink { result: fun(result: table): boolean, done: fun() }
function live.attach(conn, tag, stream, sink)
  local source = stream.source
  if source.topic then
    conn:subscribe(source.topic, tag)
  elseif source.every then
    conn:every(source.every, tag)
    live.event(stream, nil, sink)
  else
    conn:every(PAUSE, tag)
    pull(stream, sink)
  end
end

--- Passes an event to a stream.
---@param stream table
---@param payload any
---@param sink table
function live.event(stream, payload, sink)
  if stream.closed then return end
  if stream.source.iterate then return pull(stream, sink) end
  local result = stream:event(payload)
  if result then sink.result(result) end
end

--- Ends a stream, its subscriptions and timers.
---@param conn table
---@param tag any
---@param stream table
function live.detach(conn, tag, stream)
  if not stream.closed then conn:unsubscribe(tag) end
  stream:close()
end

local TAG <const> = "stream"

-- A sink that sends server-sent events.
local function sink_of(conn)
  local sink = {}
  function sink.result(result)
    return conn:send(json.encode(result), { event = "next" }) == true
  end
  function sink.done()
    conn:send("", { event = "complete" })
    conn:close()
  end
  return sink
end

--- The callbacks of a connection with server-sent events (graphql-sse, distinct connections).
---@param result table a response or a stream
---@return { open: function, event: function, close: function }
function live.events(result)
  local stream = subscribe.is_stream(result) and result or nil
  local handlers = {}
  function handlers.open(conn)
    local sink = sink_of(conn)
    if stream then return live.attach(conn, TAG, stream, sink) end
    sink.result(result)
    sink.done()
  end
  function handlers.event(conn, _, payload)
    if stream then live.event(stream, payload, sink_of(conn)) end
  end
  function handlers.close()
    if stream then stream:close() end
  end
  return handlers
end

return live
