-- The Lua side of a live connection: its owner's callbacks. C calls open, message, event and close,
-- each as a job on the same VM.

local errors = require("lunette.runtime.errors")
local log = require("lunette.runtime.log")

local Session = {}
Session.__index = Session

local function on_error(err) return errors.trace(err, 2) end

-- Runs a callback. An error in it ends this connection.
local function call(self, name, ...)
  local fn = self.handlers[name]
  if not fn then return end
  local ok, err = xpcall(fn, on_error, self.conn, ...)
  if ok then return end
  log.error("%s of %s: %s", name, self.path, err)
  self.conn:close(1011, "internal error")
end

function Session:open() call(self, "open", self.req) end
function Session:message(text) call(self, "message", text) end
function Session:event(tag, payload) call(self, "event", tag, payload) end
function Session:close(code, reason) call(self, "close", code, reason) end

local session = {}

--- A session for a request; C adds its `conn`.
---@param req table
---@param handlers table
---@param protocol string|nil the WebSocket's subprotocol
function session.new(req, handlers, protocol)
  return setmetatable({
    req = req, handlers = handlers, path = req.path, protocol = protocol,
  }, Session)
end

--- The callbacks of a response's `events`: a table of callbacks, or a function for open().
---@param events table|function
function session.events(req, events)
  return session.new(req, type(events) == "table" and events or { open = events })
end

return session
