-- Converts a handler's result to status, header lines, the kind of body, and the body.

local json = require("lunette.runtime.json")
local strict = require("lunette.runtime.strict")

local response = {}

local function line(name, value)
  name, value = tostring(name):lower(), tostring(value)
  if name:find("[^%w%-_]") or name == "" then
    error(("response: '%s' is no header name"):format(name), 0)
  end
  if value:find("[%c]") then
    error(("response: header '%s' has a control character"):format(name), 0)
  end
  return name .. ": " .. value .. "\r\n"
end

local NEVER = { ["content-length"] = true, ["transfer-encoding"] = true, connection = true }

-- Header lines; a list value gives a line per item. Returns also whether a Content-Type is among
-- them.
local function lines(headers)
  local list, typed = {}, false
  for name, value in pairs(headers or {}) do
    typed = typed or tostring(name):lower() == "content-type"
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      if not NEVER[tostring(name):lower()] then list[#list + 1] = line(name, one) end
    end
  end
  table.sort(list)
  return table.concat(list), typed
end

local function typed_lines(headers, content_type)
  local text, typed = lines(headers)
  if typed or not content_type then return text end
  return text .. line("content-type", content_type)
end

--- An error as a JSON response.
---@param status integer
---@param message string
---@param headers table|nil
function response.failure(status, message, headers)
  local body = json.encode({ error = { message = message } }) .. "\n"
  return status, typed_lines(headers, "application/json"), "body", body
end

-- The read function of a stream: an object with read() is read like a function. An error cuts the
-- answer, so that the client can't take a part for the whole.
local function stream_of(stream)
  if type(stream) == "function" then return stream end
  return function()
    local chunk, err = stream:read()
    if err then error(err, 0) end
    return chunk
  end
end

local FIELDS = strict.set "status headers body json stream events"
local BODIES = { "json", "body", "stream", "events" }

-- Raises when a response has two bodies: one would be lost silently.
local function check_one(result)
  local first
  for _, name in ipairs(BODIES) do
    if result[name] ~= nil and first then
      error(("response: %s and %s: a response has one of them"):format(first, name), 0)
    end
    first = result[name] ~= nil and name or first
  end
end

local function status_of(result)
  local status = math.tointeger(result.status or 200)
  if status and status >= 200 and status <= 599 then return status end
  error(("response: status %s: a number from 200 to 599 is needed"):format(
    tostring(result.status)), 0)
end

--- Converts a handler's result for C to send. Raises when it is no valid response.
---@param result any
---@return integer status, string headers, string kind, any payload
function response.normal(result)
  if type(result) == "string" then result = { body = result } end
  if type(result) ~= "table" then
    error(("a handler returns a table, not a %s"):format(type(result)), 0)
  end
  strict.options("response", result, FIELDS, -1)
  check_one(result)
  local status = status_of(result)
  if result.json ~= nil then
    return status, typed_lines(result.headers, "application/json"), "body",
      json.encode(result.json) .. "\n"
  end
  if result.events then return status, (lines(result.headers)), "events", result.events end
  local text = typed_lines(result.headers, "text/plain; charset=utf-8")
  local stream = result.stream
  if type(stream) == "userdata" then -- C reads it without a VM
    return status, text, "source", stream, stream_of(stream)
  end
  if stream then return status, text, "stream", stream_of(stream) end
  local body = result.body or ""
  if type(body) ~= "string" then error("response: body must be a string", 0) end
  if body == "" then text = (lines(result.headers)) end
  return status, text, "body", body
end

return response
