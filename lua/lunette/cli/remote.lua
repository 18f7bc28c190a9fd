-- GraphQL requests to a running server, for data that only the server has.

local args = require("lunette.cli.args")
local client = require("lunette.core.client")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")

local remote = {}

local HOME = "http://127.0.0.1:8070"
-- How errors of libcurl are told, by its codes: with the address and the reason.
local NO_SERVER = "no server answers at %s: %s (lunette serve starts one)"
local NO_HTTP = "%s: that is no answer of lunette serve (%s)"
local TOLD = { [5] = NO_SERVER, [6] = NO_SERVER, [7] = NO_SERVER, [28] = NO_SERVER,
  [1] = NO_HTTP, [8] = NO_HTTP }

local PATIENCE = 15 -- seconds of silence
local LIVE_PATIENCE = 60 -- of a stream; a server sends a sign of life every 15 seconds
local MOST = 64 << 20 -- most bytes of a response

--- Adds --server, --token-file and the options of TLS.
---@param command table
---@param help string? of --server
function remote.configure(command, help)
  command:option("--server", help or ("The server's address (%s, or $LUNETTE_SERVER); "
    .. "https://HOST:PORT and unix:/PATH, too."):format(HOME)):argname("URL")
  command:option("--token-file", "Read the token for writing from a file (or $LUNETTE_TOKEN).")
    :argname("FILE")
  command:option("--ca", "Trust servers whose certificate an authority in this file signed, and no "
    .. "others."):argname("FILE")
  command:option("--cert", "Show this certificate to the server (PEM)."):argname("FILE")
  command:option("--key", "The certificate's private key, where its own file lacks it.")
    :argname("FILE")
end

local function address_of(given)
  local url = given.server or os.getenv("LUNETTE_SERVER") or HOME
  local path = url:match("^unix:(/.*)")
  if path then return { url = url, base = "http://localhost", unix = path } end
  local scheme, authority = url:match("^(https?)://([^/?#@]+)/*$")
  local host = (authority or ""):match("^(.-):?%d*$")
  local v6 = host and host:match("^%[[%x:.]+%]$")
  if not host or host == "" or (not v6 and host:find("[%s:%[%]]")) then
    exit.fail(exit.USAGE, "--server %s: an address such as %s is needed", url, HOME)
  end
  return { url = url, base = scheme .. "://" .. authority }
end

-- The request's JSON; the variables are JSON text already.
local function body_of_request(params)
  local body = json.encode(json.object({ query = params.query,
    operationName = params.operationName }, { "query", "operationName" }))
  return ('%s,"variables":%s}'):format(body:sub(1, -2), params.variables or "null")
end

-- Sends a request: the connection, and the status and media type of the answer.
local function send(at, given, params, accept, patience)
  local headers = { "Content-Type: application/json", "Accept: " .. accept, "Expect:" }
  local token = args.token(given.token_file)
  if token then headers[#headers + 1] = "Authorization: Bearer " .. token end
  local connection = client.open(at.base .. "/graphql", {
    headers = headers, body = body_of_request(params), patience = patience, unix = at.unix,
    ca = given.ca, cert = given.cert, key = given.key,
  })
  local status, media, code
  repeat status, media, code = connection:status() until status ~= false
  if status then return connection, status, media and media:lower():match("^[^;%s]*") end
  exit.fail(exit.FAILED, TOLD[code] or "%s: %s", at.url, media)
end

-- Returns a function that reads the response piece by piece until its end.
local function reader(at, connection)
  return function()
    local chunk, err
    repeat chunk, err = connection:read() until chunk ~= ""
    if err then exit.fail(exit.FAILED, "%s: %s", at.url, err) end
    return chunk
  end
end

local function body_of(at, read)
  local parts, size = {}, 0
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
  local value = json.decode(body)
  if type(value) ~= "table" then
    exit.fail(exit.FAILED, "%s: that is no answer of lunette serve (status %d)", at.url, status)
  end
  if value.error then
    local code = (status == 401 or status == 403) and exit.DENIED
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
  local opened, status = send(at, given, params, "application/json", PATIENCE)
  local connection <close> = opened
  return response(at, status, body_of(at, reader(at, connection)))
end

-- Iterates over the events of an event stream.
local function each_event(at, read, fn)
  local text = ""
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
  local opened, status, media = send(at, given, params, "text/event-stream", LIVE_PATIENCE)
  local connection <close> = opened
  local read = reader(at, connection)
  if media ~= "text/event-stream" then return response(at, status, body_of(at, read)) end
  each_event(at, read, fn)
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
