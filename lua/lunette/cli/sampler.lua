-- lunette sampler show | set: when a server samples programs' costs, and what the sampling itself
-- costs.

local args = require("lunette.cli.args")
local graph = require("lunette.cli.graph")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local remote = require("lunette.cli.remote")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local sampler = {}

local FIELDS = { "mode", "active", "interval", "window", "kept", "programs", "cpu", "cost",
  "countingCost", "overhead" }
local NAMES = table.concat(FIELDS, " ")
local SHOW = ("{ sampler { %s } }"):format(NAMES)
local SET = ([[
mutation ($mode: String, $interval: Float, $window: Float) {
  setSampler(mode: $mode, interval: $interval, window: $window) { error sampler { %s } }
}]]):format(NAMES)

function sampler.configure(command)
  command:require_command(true):command_target("sub")
  local one = command:command("show", "Show the settings and their cost.")
  local set = command:command("set", "Change the settings until the server ends.")
  set:option("--mode", "watch: while a client looks; always; window: always, but counting only in "
    .. "a part of each interval; off."):choices({ "watch", "always", "window", "off" })
  set:option("--interval", "Seconds between samples."):convert(args.seconds)
  set:option("--window", "Seconds of each interval in which the kernel counts.")
    :convert(args.seconds)
  for _, sub in ipairs { one, set } do
    remote.configure(sub)
    args.json(sub)
  end
end

local MODES = {
  watch = "watch: while a client looks", always = "always", off = "off",
  window = "window: always, counting a part of each interval",
}

local function percent(share)
  share = graph.value(share)
  return share and ("%.2f %% of a CPU"):format(100 * share)
end

local function overhead(state)
  local each = graph.value(state.countingCost)
  if not each then return "unknown: not measured yet, or another process has the kernel's "
    .. "statistics on" end
  return ("%s, %s a run of any program"):format(percent(state.overhead) or "-",
    units.duration(each))
end

local function print_state(state, as_json)
  if as_json then return output.json(json.object(state, FIELDS)) end
  show.one("sampler", {
    { "mode", MODES[state.mode] },
    { "now", state.active and "sampling" or "resting" },
    { "interval", units.duration(state.interval) },
    { "counting", ("%s of each interval"):format(units.duration(state.window)) },
    { "history", ("%s, of %d programs"):format(units.age(state.kept), state.programs) },
    { "BPF", percent(state.cpu) or "no sample yet" },
    { "sampling", percent(state.cost) },
    { "overhead", overhead(state) },
  })
end

local SUBS = {}

function SUBS.show(given)
  print_state(remote.data(given, SHOW).sampler, given.json)
end

function SUBS.set(given)
  if not (given.mode or given.interval or given.window) then
    exit.fail(exit.USAGE, "sampler set: nothing to set; give --mode, --interval or --window")
  end
  local result = remote.data(given, SET, { mode = given.mode, interval = given.interval,
    window = given.window }).setSampler
  local err = graph.value(result.error)
  if err then
    local code = exit.code_of(err)
    exit.fail(code == exit.FAILED and exit.USAGE or code, "%s: %s", remote.url(given), err)
  end
  print_state(result.sampler, given.json)
end

function sampler.run(given) return SUBS[given.sub](given) end

return sampler
