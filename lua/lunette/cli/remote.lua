-- A server that runs, asked by GraphQL: for what only it knows or can change.

local args = require("lunette.cli.args")
local client = require("lunette.core.client")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")

local remote = {}

local HOME = "http://127.0.0.1:8070"
local PATIENCE = 15 -- seconds

--- Adds --server and --token-file.
function remote.configure(command)
  command:option("--server", ("The server's address (%s, or $LUNETTE_SERVER)."):format(HOME))
    :argname("URL")
  command:option("--token-file", "Read the token for writing from a file (or $LUNETTE_TOKEN).")
    :argname("FILE")
end

local function address_of(given)
  local url = given.server or os.getenv("LUNETTE_SERVER") or HOME
  local host, port = url:match("^http://([^/:]+):(%d+)/*$")
  if not host then host, port = url:match("^http://([^/:]+)/*$"), "80" end
  if not host then
    exit.fail(exit.USAGE, "--server %s: an address such as %s is needed", url, HOME)
  end
  return host, port, url
end

local function request(host, port, token, body)
  local lines = {
    "POST /graphql HTTP/1.0", ("Host: %s:%s"):format(host, port),
    "Content-Type: application/json", "Accept: application/json",
    "Content-Length: " .. #body,
  }
  if token then lines[#lines + 1] = "Authorization: Bearer " .. token end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

-- The JSON of an answer, whatever its status: a refusal has its reason in it.
local function parse(answer, url)
  local status, body = answer:match("^HTTP/%d%.%d (%d+)[^\r\n]*\r\n.-\r\n\r\n(.*)$")
  local value = status and json.decode(body)
  if type(value) ~= "table" then
    exit.fail(exit.FAILED, "%s: that is no answer of lunette serve%s", url,
      status and " (status " .. status .. ")" or "")
  end
  local err = value.error or value.errors and value.errors[1]
  if err then
    local code = (status == "401" or status == "403") and exit.DENIED or exit.code_of(err.message)
    exit.fail(code, "%s: %s", url, err.message)
  end
  return value.data
end

--- The data of a request to the server that the arguments name; any error ends the command.
---@param given table the parsed arguments
---@param source string
---@param variables table|nil
---@return table data
function remote.data(given, source, variables)
  local host, port, url = address_of(given)
  local token = args.token(given.token_file)
  local body = json.encode(json.object({ query = source, variables = variables },
    { "query", "variables" }))
  local answer, err = client.exchange(host, port, request(host, port, token, body), PATIENCE)
  if not answer then
    exit.fail(exit.FAILED, "no server answers at %s: %s (lunette serve starts one)", url,
      err:match("[^:]*$"):gsub("^ ", ""))
  end
  return parse(answer, url)
end

return remote
