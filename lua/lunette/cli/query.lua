-- lunette query GRAPHQL: answers a query in this process, or asks a server, with the same result.

local exit = require("lunette.cli.exit")
local fleet = require("lunette.cli.fleet")
local graph = require("lunette.cli.graph")
local json_text = require("lunette.graphql.json_text")
local output = require("lunette.cli.output")
local remote = require("lunette.cli.remote")
local scripts = require("lunette.cli.scripts")
local args = require("lunette.cli.args")

local query = {}

function query.configure(command)
  command:argument("query", "The document, @FILE, or - for standard input.")
  command:option("--variables", "The variables, as a JSON object or @FILE."):argname("JSON")
  command:option("--operation", "Run this operation of the document."):argname("NAME")
  command:flag("--allow-write", "Allow mutations, which change the kernel.")
  command:option("--events", "End a subscription after N events."):argname("N")
    :convert(args.count)
  args.scripts(command)
  remote.configure(command, "Ask the server at this address, such as "
    .. "http://127.0.0.1:8070, with its scripts, history and rights.")
  fleet.configure(command, true)
  command:epilog("Prints the whole response; the exit code says of which kind an error in it is. "
    .. "A subscription prints one line per event until Ctrl-C.\n\n"
    .. "  lunette query '{ maps { id name type entriesCount } }'\n"
    .. "  lunette query 'subscription { objects { kind added removed } }' "
    .. "--server http://127.0.0.1:8070\n\n" .. exit.TEXT)
end

local function text_of(word)
  if word == "-" then return io.read("a") end
  local path = word:match("^@(.+)")
  if not path then return word end
  local file, err = io.open(path)
  if not file then exit.fail(exit.MISSING, "%s", err) end
  local text = file:read("a")
  file:close()
  return text
end

-- The variables and their JSON text; the text still tells an empty list from an empty object.
local function variables_of(word)
  if not word then return nil end
  local text = text_of(word)
  local value, err = json_text.decode(text)
  if err or not text:match("^%s*{") then
    exit.fail(exit.USAGE, "--variables: not a JSON object%s", err and " (" .. err .. ")" or "")
  end
  return value, text
end

-- The error of a mutation, from its field `error`.
local function failure_of(result)
  for _, answer in pairs(graph.value(result.data) or {}) do
    if type(answer) == "table" and type(answer.error) == "string" then return answer.error end
  end
end

local function code_of(result, kind)
  local err = result.errors and result.errors[1]
  local message = err and err.message or kind == "mutation" and failure_of(result)
  return message and exit.code_of(message) or exit.OK
end

-- query, mutation or subscription; nil when the text can't be parsed.
local function kind_of(source, operation)
  local document = require("lunette.graphql").parse(source)
  for _, definition in ipairs(document and document.definitions or {}) do
    if definition.operation and (not operation or definition.name == operation) then
      return definition.operation
    end
  end
end

-- Prints a server's response unchanged.
local function print_answer(body, result, kind)
  body = body:gsub("%s+$", "")
  output.json_text(body)
  return code_of(result, kind)
end

-- Options that mean this process.
local function refuse_own(given, option)
  local other = given.allow_write and "--allow-write" or #given.script > 0 and "--script"
  if other then
    exit.fail(exit.USAGE, "%s: has no effect with %s, whose own rights and scripts "
      .. "apply", other, option)
  end
end

local function ask_server(given, source)
  refuse_own(given, "--server")
  local _, variables = variables_of(given.variables)
  local params = { query = source, variables = variables, operationName = given.operation }
  local kind = kind_of(source, given.operation)
  if kind == "subscription" then
    return require("lunette.cli.subscription").follow(given, params, print_answer)
  end
  local body, result = remote.ask(given, params)
  return print_answer(body, result, kind)
end

function query.run(given)
  local source = text_of(given.query)
  if fleet.wanted(given) then
    refuse_own(given, "--host")
    if kind_of(source, given.operation) == "subscription" then
      exit.fail(exit.USAGE, "--host: a subscription of many hosts needs a server with --peers")
    end
    local _, variables = variables_of(given.variables)
    return fleet.query(given, source, variables)
  end
  if given.server then return ask_server(given, source) end
  scripts.load(given.script)
  local opts = {
    variables = (variables_of(given.variables)), operation = given.operation,
    can_write = given.allow_write,
  }
  local kind = kind_of(source, given.operation)
  if kind == "subscription" then
    return require("lunette.cli.subscription").run(source, opts, given.events)
  end
  local result = graph.execute(source, opts)
  output.json(result)
  return code_of(result, kind)
end

return query
