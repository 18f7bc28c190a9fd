-- Runs a program with given data (BPF_PROG_RUN).

local decode = require("lunette.decode")
local guarded = require("lunette.schema.guard").guarded
local kernel = require("lunette.schema.kernel")

local run = {}

run.sdl = [[
extend type Mutation {
  "Runs a program once or several times (BPF_PROG_RUN), where its type allows."
  runProgram(
    "The program's id."
    id: Int!
    "The packet, in hex."
    input: String
    "The context structure in hex; of a raw tracepoint eight bytes per argument."
    context: String
    "How many times."
    times: Int = 1
  ): RunResult!
}

"The result of running a program."
type RunResult {
  "Why it failed; null when it did not."
  error: String
  "The program's return value, of 32 bits."
  result: Int
  "Nanoseconds per run on average."
  duration: Int
  "The packet afterwards, in hex."
  output: String
  "The context afterwards, in hex."
  context: String
}
]]

local MOST_RUNS = 1000000

local function bytes_of(name, text)
  if not text then return nil end
  local bytes, err = decode.parse(text, "HEX", #text // 2)
  return bytes, err and ("%s: %s"):format(name, err)
end

local function hex(bytes) return bytes and decode.format(bytes, "HEX") end

local function run_program(args)
  if args.times < 1 or args.times > MOST_RUNS then
    return nil, ("times: 1 to %d, got %d"):format(MOST_RUNS, args.times)
  end
  local input, err = bytes_of("input", args.input)
  if err then return nil, err end
  local context
  context, err = bytes_of("context", args.context)
  if err then return nil, err end
  local opened
  opened, err = kernel.open("prog", args.id)
  if not opened then return nil, err end
  local prog <close> = opened
  local outcome
  outcome, err = prog:run { input = input, context = context, times = args.times }
  if not outcome then return nil, err end
  return {
    result = outcome.result, duration = outcome.duration, output = hex(outcome.output),
    context = hex(outcome.context),
  }
end

run.resolvers = {
  Mutation = { runProgram = guarded(run_program) },
  RunResult = {
    result = { wide = true },
    duration = { wide = true },
  },
}

return run
