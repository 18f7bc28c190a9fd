-- lunette query GRAPHQL: the same answer that the server gives at /graphql, without a server.

local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local scripts = require("lunette.cli.scripts")
local args = require("lunette.cli.args")

local query = {}

function query.configure(command)
  command:argument("query", "The document, @FILE, or - for standard input.")
  command:option("--variables", "The variables, as a JSON object or @FILE."):argname("JSON")
  command:option("--operation", "Which operation of the document to run."):argname("NAME")
  command:flag("--allow-write", "Let mutations change the kernel.")
  command:option("--events", "End a subscription after so many events."):argname("N")
    :convert(args.count)
  args.scripts(command)
  command:epilog("Prints the whole response; when it has errors, the exit code says of which kind. "
    .. "A subscription prints a line an event until Ctrl-C.\n\n"
    .. "  lunette query '{ maps { id name type entriesCount } }'\n\n" .. exit.TEXT)
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

local function variables_of(word)
  if not word then return nil end
  local value, err = json.decode(text_of(word))
  if err or type(value) ~= "table" then
    exit.fail(exit.USAGE, "--variables: no JSON object%s", err and " (" .. err .. ")" or "")
  end
  return value
end

local function code_of(result)
  local err = result.errors and result.errors[1]
  return err and exit.code_of(err.message) or exit.OK
end

local function is_subscription(source)
  local bare = source:gsub("#[^\n]*", "")
  return bare:match("^%s*subscription%f[%W]") ~= nil
end

function query.run(given)
  scripts.load(given.script)
  local source = text_of(given.query)
  local opts = {
    variables = variables_of(given.variables), operation = given.operation,
    can_write = given.allow_write,
  }
  if is_subscription(source) then
    return require("lunette.cli.subscription").run(source, opts, given.events)
  end
  local result = graph.execute(source, opts)
  output.json(result)
  return code_of(result)
end

return query
