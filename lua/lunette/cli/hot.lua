-- lunette prog hot: the source lines in which BPF programs spend their time.

local bpf = require("bpf")
local args = require("lunette.cli.args")
local escape = require("lunette.runtime.escape")
local exit = require("lunette.cli.exit")
local hot = require("lunette.code.hot")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local tty = require("lunette.core.tty")

local cli_hot = {}

local function hertz(text)
  local n = args.count(text)
  if n and n >= 1 and n <= 20000 then return n end
  return nil, ("'%s' is not a number from 1 to 20000"):format(text)
end

--- Adds the subcommand to the parser of `lunette prog`.
function cli_hot.configure(command)
  local one = command:command("hot", "Sample where programs spend their time.")
  one:argument("program", "Sample only this program: its id, name, pin or tag."):args("?")
  one:option("--seconds", "Sample for SECONDS."):default("2"):convert(args.seconds)
  one:option("--hertz", "Take N samples per second on each CPU (1 to "
    .. "20000)."):default("1999"):convert(hertz)
  one:option("--lines", "Print N lines of each program."):default("10"):convert(args.count)
  args.json(one)
end

local function sample(given)
  local profile <close> = exit.check(bpf.profile(given.hertz))
  tty.sleep(given.seconds)
  return exit.check(profile:read())
end

-- Each sampled program with its hot lines; a program unloaded meanwhile has none.
local function spots(result, wanted)
  local list = {}
  for _, program in ipairs(hot.programs(result)) do
    if not wanted or program.id == wanted then
      local info = bpf.prog_info(program.id)
      local found = hot.of_program(program.id, program.places) or { lines = {}, insns = {} }
      list[#list + 1] = {
        id = program.id, name = info and info.name or "", samples = program.samples,
        share = program.samples / result.samples, lines = found.lines, insns = found.insns,
      }
    end
  end
  return list
end

local function print_one(program, limit)
  output.line(("%d %s  %d samples, %.1f %% of all in the kernel"):format(program.id,
    escape.terminal(program.name), program.samples, 100 * program.share))
  for i = 1, math.min(limit, #program.lines) do
    local line = program.lines[i]
    output.line(("  %5.1f %%  %s:%d  %s"):format(100 * line.samples / program.samples,
      escape.terminal(line.file:match("[^/]*$")), line.line,
      escape.terminal(line.text:match("^%s*(.*)$"))))
  end
end

function cli_hot.run(given)
  local wanted = given.program and objects.id("prog", given.program)
  objects.need_admin()
  local result = sample(given)
  local list = spots(result, wanted)
  if given.json then return output.json({ samples = result.samples, programs = list }) end
  if #list == 0 then
    output.line(("no sample of %d fell into %s"):format(result.samples,
      wanted and "that program" or "a BPF program"))
  end
  for _, program in ipairs(list) do print_one(program, given.lines) end
end

return cli_hot
