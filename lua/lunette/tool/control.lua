-- Tools of a server: which are wanted, and how those that run fare. The service "tools" runs them.
-- Both live in lunette.shared, so that they outlive a reload of the scripts.

local lunette = require("lunette")
local params = require("lunette.tool.params")
local tool = require("lunette.tool")

local control = {}

local WANT, STATE = "tool.want.", "tool.state."
local PATIENCE = 5 -- seconds for the service to start a tool

local shared = lunette.shared

--- The topic of a tool's rows.
---@param name string
function control.topic(name) return lunette.topic("tool." .. name) end

--- The tools that shall run: { [name] = { values, serial } }.
---@return table<string, table>
function control.wanted()
  local list = {}
  for _, key in ipairs(shared.keys(WANT)) do list[key:sub(#WANT + 1)] = shared.get(key) end
  return list
end

--- How a tool fares: { serial, running, events, lost, error, since, counts }; nil: it never ran.
---@param name string
---@return table|nil
function control.state(name) return shared.get(STATE .. name) end

--- Tells how a tool fares; for the service.
---@param name string
---@param state table
function control.tell(name, state) shared.set(STATE .. name, state) end

--- The tools that ran since the server began: { [name] = state }.
---@return table<string, table>
function control.states()
  local list = {}
  for _, key in ipairs(shared.keys(STATE)) do list[key:sub(#STATE + 1)] = shared.get(key) end
  return list
end

--- Wants that a tool runs; what a script will declare need not be known yet.
---@param name string
---@param values table<string, any>
---@return integer serial
function control.want(name, values)
  local serial = shared.incr("tool.serial")
  shared.set(WANT .. name, { values = values, serial = serial })
  return serial
end

-- Waits until the service has answered.
local function answered(name, serial)
  local stop = lunette.now() + PATIENCE
  repeat
    local state = control.state(name)
    if state and state.serial == serial then return state end
    lunette.sleep(0.02)
  until lunette.now() > stop
  return nil
end

--- Starts a tool in the server, or starts it anew with other parameters.
---@param name string
---@param given table<string, any>
---@return true|nil, string? err
function control.start(name, given)
  local spec, err = tool.find(name)
  if not spec then return nil, err end
  local values, wrong = params.values(spec.params, given)
  if not values then return nil, wrong end
  local serial = control.want(name, given)
  local state = answered(name, serial)
  if not state then return nil, ("%s: the server did not start it within %d seconds"):format(name,
    PATIENCE) end
  if state.running then return true end
  shared.delete(WANT .. name)
  return nil, state.error
end

--- Stops a tool of the server.
---@param name string
---@return true|nil, string? err
function control.stop(name)
  if not shared.delete(WANT .. name) then return nil, ("tool '%s' does not run"):format(name) end
  local stop = lunette.now() + PATIENCE
  while (control.state(name) or {}).running and lunette.now() < stop do lunette.sleep(0.02) end
  return true
end

--- NAME or NAME:param=value,param=value, as --tool takes it.
---@param text string
---@return string|nil name, table|string values_or_err
function control.parse(text)
  local name, rest = text:match("^([%w_-]+):?(.*)$")
  if not name then return nil, "NAME or NAME:PARAM=VALUE,... is needed" end
  local spec, values = tool.find(name), {}
  local known = {}
  for _, param in ipairs(spec and spec.params or {}) do known[param.name] = param end
  for word in rest:gmatch("[^,]+") do
    local key, value = word:match("^([%w_-]+)=?(.*)$")
    if not key then return nil, ("'%s' is no PARAM=VALUE"):format(word) end
    key = key:gsub("-", "_")
    local flag = known[key] and known[key].type == "flag"
    if flag then values[key] = value == "" or value == "true" else values[key] = value end
  end
  if not spec then return name, values end
  local read, err = params.values(spec.params, values)
  if not read then return nil, err end
  return name, values
end

return control
