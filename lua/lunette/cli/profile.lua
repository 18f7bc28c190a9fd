-- lunette prog profile: perf event counts of a program, like `bpftool prog profile`.

local bpf = require("bpf")
local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local tty = require("lunette.core.tty")
local units = require("lunette.cli.units")

local profile = {}

local ENODEV = 19 -- the machine lacks the event; the program is not the cause

local function names()
  local list = {}
  for i, event in ipairs(bpf.counter_names()) do list[i] = event.name end
  return list
end

--- Adds the subcommand to the parser of `lunette prog`.
function profile.configure(command)
  local one = command:command("profile", "Count perf events during a program's runs.")
  one:argument("program", objects.HELP)
  one:argument("event", "The events to count (default: all that this machine has).")
    :args("*"):choices(names())
  one:option("--seconds", "Count for SECONDS."):default("2"):convert(args.seconds)
  args.json(one)
end

local function available()
  local list = {}
  for _, event in ipairs(bpf.counter_names()) do
    if event.available then list[#list + 1] = event.name end
  end
  return list
end

local function count(id, events, seconds)
  local counters <close>, err, errno = bpf.counters(id, events)
  if errno == ENODEV then exit.fail(exit.FAILED, "%s", err) end
  exit.check(counters, err)
  tty.sleep(seconds)
  return exit.check(counters:read())
end

local function rows(result, events)
  local list = json.array({})
  for i, name in ipairs(events) do
    local value = result.values[name]
    list[i] = json.object({ name = name, value = value,
      perRun = result.runs > 0 and value / result.runs or nil }, { "name", "value", "perRun" })
  end
  return list
end

local function print_rows(result, list)
  output.line(("%s runs"):format(units.count(result.runs)))
  for _, row in ipairs(list) do
    output.line(("%20d  %-18s%s"):format(row.value, row.name,
      row.perRun and ("%.1f a run"):format(row.perRun) or ""))
  end
  if result.running < result.enabled then
    output.line(("the CPU has too few counters: each event was counted %.0f %% of the time"):format(
      100 * result.running / result.enabled))
  end
end

function profile.run(given)
  local id = objects.id("prog", given.program)
  objects.need_admin()
  local events = #given.event > 0 and given.event or available()
  local result = count(id, events, given.seconds)
  local list = rows(result, events)
  if not given.json then return print_rows(result, list) end
  output.json(json.object({ programId = id, runs = result.runs, enabled = result.enabled,
    running = result.running, counters = list },
    { "programId", "runs", "enabled", "running", "counters" }))
end

return profile
