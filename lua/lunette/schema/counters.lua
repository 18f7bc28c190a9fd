-- A program's costs by perf events, hardware and software ones.

local bpf = require("bpf")
local kernel = require("lunette.schema.kernel")
local u64 = require("lunette.runtime.u64")

local counters = {}

counters.sdl = [[
extend type Host {
  "The perf events that programs can be counted by."
  counters: [CounterKind!]!
}

extend type Subscription {
  "Perf events during a program's runs since the subscription began, every second."
  counters(
    "The program's id."
    id: Int!
    "Names of events; by default all that this machine has."
    events: [String!]
  ): ProgramCounters!
}

"A perf event."
type CounterKind {
  "Its name, as bpftool spells it."
  name: String!
  "Can this server open it on this machine?"
  available: Boolean!
}

"Perf events during a program's runs."
type ProgramCounters {
  "The program's id."
  programId: Int!
  "Runs that were counted."
  runs: UInt64!
  "Nanoseconds that the events were on during the runs."
  enabled: UInt64!
  "Nanoseconds that the events were counted; fewer where they share too few counters."
  running: UInt64!
  "The count of each event."
  values: [CounterValue!]!
}

"The count of one perf event."
type CounterValue {
  "The event."
  name: String!
  "The count; of clocks, nanoseconds."
  value: UInt64!
}
]]

local function choose(wanted)
  local list, known = {}, {}
  for _, event in ipairs(bpf.counter_names()) do
    known[event.name] = true
    if not wanted and event.available then list[#list + 1] = event.name end
  end
  for _, name in ipairs(wanted or {}) do
    if not known[name] then error(("there is no event %q"):format(name), 0) end
    known[name] = nil
    list[#list + 1] = name
  end
  if #list == 0 then error("no event to count", 0) end
  return list
end

local function told(id, events, result)
  local values = {}
  for i, name in ipairs(events) do
    values[i] = { name = name, value = u64.str(result.values[name]) }
  end
  return {
    programId = id, runs = u64.str(result.runs), enabled = u64.str(result.enabled),
    running = u64.str(result.running), values = values,
  }
end

local function subscribe(_, args, ctx)
  kernel.of(ctx):demand("prog", args.id)
  local events = choose(args.events)
  local handle, err = bpf.counters(args.id, events)
  if not handle then error(err, 0) end
  return {
    every = 1.0,
    close = function() handle:close() end,
    map = function()
      local result, why = handle:read()
      if not result then error(why, 0) end
      return told(args.id, events, result)
    end,
  }
end

counters.resolvers = {
  Host = { counters = function() return bpf.counter_names() end },
  Subscription = {
    counters = { subscribe = subscribe, resolve = function(counted) return counted end },
  },
}

return counters
