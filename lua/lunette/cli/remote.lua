-- GraphQL requests to a running server, for data that only the server has.

local args = require("lunette.cli.args")
local client = require("lunette.core.client")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")

local remote = {}

local HOME = "http://127.0.0.1:8070"
local PATIENCE = 15 -- seconds of silence
local LIVE_PATIENCE = 60 -- of a stream; a server sends a sign of life every 15 seconds
local MOST = 64 << 20 -- most bytes of a response

--- Adds --server and --token-file.
---@param command table
---@param help string? of --server
function remote.configure(command, help)
  command:option("--server", help or ("The server's address (%s, or $LUNETTE_SERVER).")
    :format(HOME)):argname("URL")
  command:option("--token-file", "Read the token for writing from a file (or $LUNETTE_TOKEN).")
    :argname("FILE")
end

local function address_of(given)
  local url = given.server or os.getenv("LUNETTE_SERVER") or HOME
  local authority = url:match("^http://([^/?#@]+)/*$")
  local host, port = (authority or ""):match("^(.-):?(%d*)$")
  if host and host:match("^%[.*%]$") then
    host = host:sub(2, -2)
  elseif not host or host == "" or host:find("[%s:%[%]]") then
    exit.fail(exit.USAGE, "--server %s: an address such as %s is needed", url, HOME)
  end
  return { host = host, port = port ~= "" and port or "80", authority = authority, url = url }
end

local function request(at, token, accept, body)
  local lines = {
    "POST /graphql HTTP/1.0", "Host: " .. at.authority, "Content-Type: application/json",
    "Accept: " .. accept, "Content-Length: " .. #body,
  }
  if token then lines[#lines + 1] = "Authorization: Bearer " .. token end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

-- The request's JSON; the variables are JSON text already.
local function body_of_request(params)
  local body = json.encode(json.object({ query = params.query,
    operationName = params.operationName }, { "query", "operationName" }))
  return ('%s,"variables":%s}'):format(body:sub(1, -2), params.variables or "null")
end

-- Sends the request. Returns the connection.
local function send(at, given, params, accept, patience)
  local bytes = request(at, args.token(given.token_file), accept, body_of_request(params))
  local connection, err = client.open(at.host, at.port, bytes, patience)
  if connection then return connection end
  exit.fail(exit.FAILED, "no server answers at %s: %s (lunette serve starts one)", at.url,
    err:match("[^:]*$"):gsub("^ ", ""))
end

-- Returns a function that reads the response piece by piece until the server closes.
local function reader(at, connection)
  return function()
    local chunk, err = connection:read()
    if err then exit.fail(exit.FAILED, "%s: %s", at.url, err) end
    return chunk
  end
end

-- The status, content type and first bytes of a response's body.
local function head_of(read)
  local text = ""
  for chunk in read do
    text = text .. chunk
    local from, to = text:find("\r\n\r\n", 1, true)
    if from then
      local head = text:sub(1, from + 1)
      local media = head:lower():match("\r\ncontent%-type:%s*([^;\r]*)")
      return head:match("^HTTP/%d%.%d (%d+)"), media, text:sub(to + 1)
    end
    if #text > 65536 then break end
  end
end

local function body_of(at, read, first)
  local parts, size = { first }, #first
  for chunk in read do
    parts[#parts + 1], size = chunk, size + #chunk
    if size > MOST then
      exit.fail(exit.FAILED, "%s: the answer has more than %d MiB", at.url, MOST >> 20)
    end
  end
  return table.concat(parts)
end

-- A GraphQL response as text and as a value; an HTTP error ends the command.
local function response(at, status, body)
  local value = status and json.decode(body)
  if type(value) ~= "table" then
    exit.fail(exit.FAILED, "%s: that is no answer of lunette serve%s", at.url,
      status and " (status " .. status .. ")" or "")
  end
  if value.error then
    local code = (status == "401" or status == "403") and exit.DENIED
      or exit.code_of(value.error.message)
    exit.fail(code, "%s: %s", at.url, value.error.message)
  end
  return body, value
end

--- The response of the server given in the arguments. An unreachable server or a refusal ends the
--- command.
---@param given table the parsed arguments
---@param params { query: string, variables: string?, operationName: string? }
---@return string body, table response
function remote.ask(given, params)
  local at = address_of(given)
  local connection <close> = send(at, given, params, "application/json", PATIENCE)
  local read = reader(at, connection)
  local status, _, first = head_of(read)
  return response(at, status, first and body_of(at, read, first))
end

-- Iterates over the events of an event stream.
local function each_event(at, read, first, fn)
  local text = first
  repeat
    local from, to = text:find("\n\n", 1, true)
    while from do
      local event = text:sub(1, from)
      if event:match("^event: *complete\n") then return end
      local data = event:match("data: *([^\n]+)\n")
      if data and fn(data) == false then return end
      text = text:sub(to + 1)
      from, to = text:find("\n\n", 1, true)
    end
    local chunk = read()
    text = text .. (chunk or "")
  until not chunk
  exit.fail(exit.FAILED, "%s: the server went away", at.url)
end

--- The responses of a subscription: calls fn(text) for each, until fn returns false or the stream
--- ends. A server that answers with a plain response gives that response.
---@param given table the parsed arguments
---@param params { query: string, variables: string?, operationName: string? }
---@param fn fun(text: string): boolean?
---@return string|nil body, table? response
function remote.follow(given, params, fn)
  local at = address_of(given)
  local connection <close> = send(at, given, params, "text/event-stream", LIVE_PATIENCE)
  local read = reader(at, connection)
  local status, media, first = head_of(read)
  if media ~= "text/event-stream" then
    return response(at, status, first and body_of(at, read, first))
  end
  each_event(at, read, first, fn)
end

--- The data of a request to the server given in the arguments; any error ends the command.
---@param given table the parsed arguments
---@param source string
---@param variables table|nil
---@return table data
function remote.data(given, source, variables)
  local _, value = remote.ask(given, { query = source,
    variables = variables and json.encode(variables) })
  local err = value.errors and value.errors[1]
  if err then exit.fail(exit.code_of(err.message), "%s: %s", address_of(given).url, err.message) end
  return value.data
end

--- The server's address, for messages.
---@param given table the parsed arguments
---@return string
function remote.url(given) return address_of(given).url end

return remote
