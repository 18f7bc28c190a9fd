-- A subscription without a server: its responses, a line each. What comes again and again is
-- asked for at its pace; what services of a server publish on topics isn't there.

local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local interrupt = require("lunette.core.interrupt")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local traceback = require("lunette.cli.traceback")
local tty = require("lunette.core.tty")

local subscription = {}

local function print_line(response)
  io.write(json.encode(response), "\n")
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

--- Prints so many events (nil: until Ctrl-C); the exit code.
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
    exit.fail(exit.FAILED, "the topic '%s' is published by a server: subscribe at lunette serve",
      stream.source.topic)
  end
  local ok, interrupted, err = interrupt.call(traceback, follow, stream, events)
  stream:close()
  if interrupted then return exit.OK end
  if not ok then exit.fail(exit.FAILED, "%s", err) end
  return exit.OK
end

return subscription
