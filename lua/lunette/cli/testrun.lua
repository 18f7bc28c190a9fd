-- lunette prog run: runs a program once or more (BPF_PROG_RUN) with a packet or a context given by
-- the user.

local args = require("lunette.cli.args")
local decode = require("lunette.decode")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local testrun = {}

local RUN = [[
mutation ($id: Int!, $input: String, $context: String, $times: Int) {
  runProgram(id: $id, input: $input, context: $context, times: $times) {
    error result duration output context
  }
}]]

--- Adds the subcommand to the parser of `lunette prog`.
function testrun.configure(command)
  local run = command:command("run", "Run a program once or more (BPF_PROG_RUN), where its type "
    .. "allows that. Its maps change as in any run.")
  run:argument("program", objects.HELP .. " Or its tag.")
  run:option("--input", "The packet: hex digits, or @FILE with its bytes."):argname("HEX|@FILE")
  run:option("--context", "The context: hex digits, or @FILE with its bytes; of a raw "
    .. "tracepoint, eight "
    .. "bytes per argument.")
    :argname("HEX|@FILE")
  run:option("--times", "Run it N times."):argname("N"):convert(args.count):default("1")
  args.json(run)
end

-- The hex digits of a word on the command line.
local function hex_of(word)
  local path = word and word:match("^@(.+)")
  if not path then return word end
  local file <close>, err = io.open(path, "rb")
  if not file then exit.fail(exit.MISSING, "%s", err) end
  return decode.format(file:read("a"), "HEX")
end

--- prog run
function testrun.run(given)
  local id = objects.id("prog", given.program)
  local result = graph.data(RUN, { can_write = true, variables = {
    id = id, input = hex_of(given.input), context = hex_of(given.context), times = given.times,
  } }).runProgram
  local err = graph.value(result.error)
  if err then
    local where = err:find("^program ") and "" or ("program %d: "):format(id)
    local bare = not given.input and not given.context and err:find("refuses this input", 1, true)
    local hint = bare and ": none was given, see --input and --context" or ""
    exit.fail(exit.code_of(err), "%s%s%s", where, err, hint)
  end
  if given.json then return output.json(result) end
  show.one(("program %d, %d times"):format(id, given.times), {
    { "result", result.result },
    { "duration", units.duration((graph.value(result.duration) or 0) / 1e9) },
    { "output", result.output }, { "context", result.context },
  })
end

return testrun
