-- Prints a subscription's responses, one per line. Without a server, periodic subscriptions run in
-- this process; topics published by a server's services are not available.

local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local interrupt = require("lunette.core.interrupt")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local remote = require("lunette.cli.remote")
local traceback = require("lunette.cli.traceback")
local tty = require("lunette.core.tty")

local subscription = {}

local function print_line(response)
  output.json_line(response)
  io.stdout:flush()
end

local function follow(stream, events)
  local source = stream.source
  local left = events or math.maxinteger
  while left > 0 do
    local response
    if source.every then response = stream:event() else response = stream:next() end
    if response then
      print_line(response)
      left = left - 1
    elseif not source.every then
      return
    end
    if source.every and left > 0 then tty.sleep(source.every) end
  end
end

--- Prints `count` events (nil: until Ctrl-C). Returns the exit code.
---@param source string
---@param opts table as for graph.subscribe
---@param events integer|nil
---@return integer
function subscription.run(source, opts, events)
  local stream = graph.subscribe(source, opts)
  if not require("lunette.graphql").is_stream(stream) then
    output.json(stream)
    return exit.FAILED
  end
  if stream.source.topic then
    exit.fail(exit.FAILED, "the topic '%s' is published by a server: give its address, --server",
      stream.source.topic)
  end
  local ok, interrupted, err = interrupt.call(traceback, follow, stream, events)
  stream:close()
  if interrupted then return exit.OK end
  if not ok then exit.fail(exit.FAILED, "%s", err) end
  return exit.OK
end

-- Keeps a failure's exit code; adds a traceback to any other error.
local function handler(err) return exit.failure(err) and err or traceback(err) end

--- The same from a server, until the stream ends or enough events have come.
---@param given table the parsed arguments
---@param params table of remote.follow
---@param answered fun(body: string, response: table): integer prints what is no stream
---@return integer
function subscription.follow(given, params, answered)
  local left, last = given.events or math.maxinteger, nil
  if left == 0 then return exit.OK end
  local ok, interrupted, body, response = interrupt.call(handler, remote.follow, given, params,
    function(text)
      output.json_part(text .. "\n")
      io.stdout:flush()
      left, last = left - 1, text
      return left > 0
    end)
  if interrupted then return exit.OK end
  if not ok then error(body, 0) end
  if body then return answered(body, response) end
  local refused = last and last:match('^{"errors":') and json.decode(last)
  return refused and exit.code_of(refused.errors[1].message) or exit.OK
end

return subscription
