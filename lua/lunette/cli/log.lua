-- lunette prog log: prints bpf_printk output as it arrives.

local bpf = require("bpf")
local lunette = require("lunette")
local args = require("lunette.cli.args")
local escape = require("lunette.runtime.escape")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local trace = require("lunette.code.trace")

local log = {}

--- Adds the subcommand to the parser of `lunette prog`.
function log.configure(command)
  local one = command:command("log", "Follow what programs print with bpf_printk.")
  one:option("--seconds", "End after SECONDS."):convert(args.seconds)
  one:option("--grep", "Print only lines that contain this text."):argname("TEXT")
  one:flag("-j --json", "Print one JSON object per line.")
end

local SHAPE = json.shape({ "time", "task", "pid", "cpu", "event", "text" })

local function write(line, as_json)
  if as_json then
    return output.json_line(setmetatable(line, SHAPE))
  end
  if not line.task then return output.line(line.text) end
  return output.line(("%12.6f  %16s %7d  cpu %-3d %s"):format(line.time,
    escape.terminal(line.task), line.pid, line.cpu, line.text))
end

function log.run(given)
  local pipe <close> = exit.check(bpf.trace_log())
  local stop = given.seconds and lunette.now() + given.seconds or math.huge
  while lunette.now() < stop do
    local text = exit.check(pipe:read(math.min(1, math.max(0, stop - lunette.now()))))
    for _, line in ipairs(trace.lines(text)) do
      if not given.grep or line.text:find(given.grep, 1, true) then write(line, given.json) end
    end
    io.flush()
  end
end

return log
