-- Costs of programs, now and before, from the sampler service's samples.

local bpf = require("bpf")
local guarded = require("lunette.schema.guard").guarded
local kernel = require("lunette.schema.kernel")
local samples = require("lunette.sampler")
local shared = require("lunette").shared

local sampler = {}

sampler.sdl = [[
extend type Query {
  "The sampler of programs' costs."
  sampler: Sampler!
}

extend type Mutation {
  "Sets the sampler until the server ends. Settings that are not given stay as they are."
  setSampler(
    "watch: while a client looks; always; window: always, but counting a part of the time; off."
    mode: String
    "Seconds between samples, from 0.01 to 3600."
    interval: Float
    "Seconds of each interval in which the kernel counts, in the mode window."
    window: Float
  ): SamplerResult!
}

"The answer to new settings of the sampler."
type SamplerResult {
  "Why the settings stayed as they were, or null."
  error: String
  "The sampler as it is now set."
  sampler: Sampler
}

extend type Program {
  "The cost now, by the last two samples; null until there are two."
  rate: ProgramRate
  "The cost over time, oldest first."
  history(
    "How many seconds, up to now or up to `to`."
    seconds: Float = 300
    "Points at most; samples between them are merged."
    points: Int = 300
    "The first time, in seconds since 1970, in place of `seconds`."
    from: Float
    "The last time, in seconds since 1970."
    to: Float
  ): [ProgramRate!]!
}

"The sampler, which measures the costs of programs."
type Sampler {
  "watch: while a client looks; always; window: always, but counting a part of the time; off."
  mode: String!
  "Is it sampling now?"
  active: Boolean!
  "Seconds between samples."
  interval: Float!
  "Seconds of each interval in which the kernel counts. Counting slows every run a little."
  window: Float!
  "Seconds of history that are kept."
  kept: Float!
  "Programs with history."
  programs: Int!
  "Share of one CPU spent in BPF programs, by the last sample."
  cpu: Float
  "Share of one CPU for sampling alone, by the last sample."
  cost: Float!
  """
  Seconds that counting adds to each run of a program, measured with an empty program when sampling
  first began; null before, and where another process keeps the kernel's statistics on.
  """
  countingCost: Float
  "Share of one CPU for counting and sampling, by the last sample; null like countingCost."
  overhead: Float
  "The sum of all programs, oldest first."
  history(
    "How many seconds, up to now or up to `to`."
    seconds: Float = 300
    "Points at most."
    points: Int = 300
    "The first time, in seconds since 1970, in place of `seconds`."
    from: Float
    "The last time, in seconds since 1970."
    to: Float
  ): [SamplePoint!]!
}

"The cost of all programs together over a stretch of time."
type SamplePoint {
  "End of the stretch, in seconds since 1970."
  time: Float!
  "Runs per second."
  runs: Float!
  "Share of one CPU."
  cpu: Float!
}

"The cost of a program over a stretch of time."
type ProgramRate {
  "The program's id."
  programId: Int!
  "The program's id."
  id: Int! @deprecated(reason: "Caches that go by id take it for the identity: use programId.")
  "End of the stretch, in seconds since 1970."
  time: Float!
  "Its length in seconds."
  seconds: Float!
  "Runs per second."
  runs: Float!
  "Share of one CPU: 1 is a whole CPU."
  cpu: Float!
  "Seconds per run on average; null when it did not run."
  average: Float
  "Skipped runs per second."
  misses: Float!
  "The program."
  program: Program
}
]]

local function rate(prog)
  samples.want()
  return bpf.sampler():rate(prog.id)
end

local function range(args)
  return { seconds = not args.from and args.seconds or nil, from = args.from, to = args.to,
    points = args.points }
end

-- The history of a program; times before it was loaded are left out.
local function history(prog, args, ctx)
  samples.want()
  local loaded = prog.load_time and kernel.of(ctx):boot_time() + prog.load_time / 1e9 or 0
  local rates = {}
  for _, one in ipairs(bpf.sampler():history(prog.id, range(args))) do
    if one.time >= loaded then rates[#rates + 1] = one end
  end
  return rates
end

local function totals(_, args)
  samples.want()
  return bpf.sampler():history(nil, range(args))
end

-- The cost of counting and sampling in the last interval; outside a window nothing is counted.
local function overhead(total, cost, interval)
  local each = samples.counting_cost()
  if not each then return nil end
  local counted = total and total.runs * total.seconds or 0
  return cost + counted * each / interval
end

local function state()
  local settings, now = samples.settings(), bpf.sampler():state()
  local total, cost = bpf.sampler():rate(), now.cost / settings.interval
  return {
    mode = settings.mode,
    active = shared.get("sampler.active") or false,
    interval = settings.interval,
    window = settings.mode == "window" and settings.window or settings.interval,
    kept = now.keep * settings.interval,
    programs = now.series,
    cpu = total and total.cpu,
    cost = cost,
    countingCost = samples.counting_cost(),
    overhead = overhead(total, cost, settings.interval),
  }
end

local function set(args)
  local settings = { mode = args.mode, interval = args.interval, window = args.window }
  local err = samples.check(settings)
  if err then return nil, err end
  samples.set(settings)
  return { sampler = state() }
end

sampler.resolvers = {
  Query = { sampler = state },
  Mutation = { setSampler = guarded(set) },
  Program = { rate = rate, history = history },
  Sampler = { history = totals },
  ProgramRate = {
    programId = function(one) return one.id end,
    program = function(one, _, ctx) return kernel.of(ctx):object("prog", one.id) end,
  },
}

return sampler
