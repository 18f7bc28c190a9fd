-- Streams on connections: between two events no VM is held. A stream's source says what it waits
-- for, and the connection's event callback gives it the next event.

local json = require("lunette.runtime.json")
local subscribe = require("lunette.graphql.subscribe")

local live = {}

local BATCH <const> = 64 -- events of an iterator in one go
local PAUSE <const> = 0.05 -- seconds to the next

-- The next events of an iterator, as far as they go in one job.
local function pull(stream, sink)
  for _ = 1, BATCH do
    local result = stream:next()
    if not result then return sink.done() end
    if not sink.result(result) then return end
  end
end

--- Begins to give a stream's results to a sink. `sink.result(result)` says whether to go on;
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

--- An event came for a stream.
---@param stream table
---@param payload any
---@param sink table
function live.event(stream, payload, sink)
  if stream.closed then return end
  if stream.source.iterate then return pull(stream, sink) end
  local result = stream:event(payload)
  if result then sink.result(result) end
end

--- Ends a stream and what it waits for.
---@param conn table
---@param tag any
---@param stream table
function live.detach(conn, tag, stream)
  if not stream.closed then conn:unsubscribe(tag) end
  stream:close()
end

local TAG <const> = "stream"

-- Server-sent events of one result or stream.
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

--- The callbacks of a connection of server-sent events (graphql-sse, distinct connections).
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
