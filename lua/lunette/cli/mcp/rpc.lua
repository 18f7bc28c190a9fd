-- JSON-RPC 2.0 as the Model Context Protocol uses it: a message in, a message out, or none.

local json = require("lunette.runtime.json")
local lunette = require("lunette")
local tools = require("lunette.cli.mcp.tools")

local rpc = {}

-- The newest first: a client that asks for another one gets this.
local VERSIONS = { "2025-06-18", "2025-03-26", "2024-11-05" }

local PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602

local function reply(id, result) return { jsonrpc = "2.0", id = id, result = result } end

local function failure(id, code, message)
  return { jsonrpc = "2.0", id = id == nil and json.null or id,
    error = { code = code, message = message } }
end

local methods = {}

function methods.initialize(params)
  local version = VERSIONS[1]
  for _, known in ipairs(VERSIONS) do
    if params.protocolVersion == known then version = known end
  end
  return { protocolVersion = version, capabilities = { tools = json.object({}, {}) },
    serverInfo = { name = "lunette", version = lunette.version },
    instructions = "BPF of this machine's kernel. Lists are short; `first` asks for more rows." }
end

function methods.ping() return json.object({}, {}) end

methods["tools/list"] = function()
  local list = json.array {}
  for i, tool in ipairs(tools) do
    list[i] = { name = tool.name, description = tool.description, inputSchema = tool.input,
      annotations = { readOnlyHint = tool.name ~= "query" or not rpc.rights.write } }
  end
  return { tools = list }
end

local function is_of(kind, value)
  if kind == "integer" then return math.tointeger(value) ~= nil end
  if kind == "array" or kind == "object" then return type(value) == "table" end
  return type(value) == kind
end

-- Why the arguments don't fit the tool, or nil.
local function misfit(tool, args)
  local properties = tool.input.properties
  for _, name in ipairs(tool.input.required) do
    if args[name] == nil then return ("%s: the argument is missing"):format(name) end
  end
  for name, value in pairs(args) do
    local property = properties[name]
    if not property then return ("there is no argument '%s'"):format(tostring(name)) end
    if not is_of(property.type, value) then
      return ("%s: %s is needed"):format(name, property.type)
    end
    if property.minimum and (value < property.minimum or value > property.maximum) then
      return ("%s: %d to %d"):format(name, property.minimum, property.maximum)
    end
  end
  return nil
end

-- Numbers as texts are what models often send for a program or map.
local function normal(tool, given)
  local args = {}
  for name, value in pairs(given) do
    local property = tool.input.properties[name]
    local as_text = property and property.type == "string" and math.type(value) == "integer"
    if value ~= json.null then args[name] = as_text and tostring(value) or value end
  end
  return args
end

local function text(value, is_error)
  local shown = type(value) == "string" and value or json.encode(value)
  return { content = json.array { { type = "text", text = shown } }, isError = is_error or nil }
end

methods["tools/call"] = function(params)
  local tool
  for _, one in ipairs(tools) do
    if one.name == params.name then tool = one end
  end
  if not tool then return nil, ("there is no tool '%s'"):format(tostring(params.name)) end
  local given = params.arguments
  if given == nil or given == json.null then given = {} end
  if type(given) ~= "table" then return nil, "arguments: an object is needed" end
  local args = normal(tool, given)
  local why = misfit(tool, args)
  if why then return text(why, true) end
  local ok, result = pcall(tool.run, args, rpc.rights)
  if not ok then
    return text(tostring(type(result) == "table" and result.message or result), true)
  end
  return text(result)
end

--- What a client may do beside reading: { write = boolean }.
rpc.rights = { write = false }

--- Answers one line: the line of the answer, or nil where none is due.
---@param line string
---@return string|nil
function rpc.answer(line)
  local ok, message = pcall(json.decode, line)
  if not ok or message == nil then return json.encode(failure(nil, PARSE, "this is no JSON")) end
  if type(message) ~= "table" or type(message.method) ~= "string" then
    local answers = type(message) == "table" and (message.result ~= nil or message.error ~= nil)
    return not answers and json.encode(failure(nil, REQUEST, "this is no request")) or nil
  end
  local id = message.id
  if id == nil then return nil end -- a notification
  local method = methods[message.method]
  if not method then
    return json.encode(failure(id, METHOD, ("there is no method '%s'"):format(message.method)))
  end
  local params = type(message.params) == "table" and message.params or {}
  local result, why = method(params)
  return json.encode(result and reply(id, result) or failure(id, PARAMS, why))
end

return rpc
