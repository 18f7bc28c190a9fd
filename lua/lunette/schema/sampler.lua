-- What programs cost, now and before: what the sampler service has seen.

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
  "Sets the sampler until the server ends; what is not given stays as it is."
  setSampler(
    "watch: while someone looks; always; window: always, but counting a part of the time; off."
    mode: String
    "Seconds between samples, from 0.01 to 3600."
    interval: Float
    "Seconds of each interval in which the kernel counts, in the mode window."
    window: Float
  ): SamplerResult!
}

"What became of the sampler's settings."
type SamplerResult {
  "Why they stayed as they were, or null."
  error: String
  "The sampler as it is now set."
  sampler: Sampler
}

extend type Program {
  "What it costs now, from the two last samples; null until there are two."
  rate: ProgramRate
  "What it cost, oldest first."
  history(
    "Only the last so many seconds, or those before `to`."
    seconds: Float = 300
    "At most so many points; samples between them are merged."
    points: Int = 300
    "From this time on, in seconds since 1970, in place of `seconds`."
    from: Float
    "Up to this time."
    to: Float
  ): [ProgramRate!]!
}

"Who samples what programs cost, and how."
type Sampler {
  "watch: while someone looks; always; window: always, but counting only a part of the time; off."
  mode: String!
  "Is it sampling now?"
  active: Boolean!
  "Seconds between samples."
  interval: Float!
  "Seconds of each interval in which the kernel counts; counting slows every run a little."
  window: Float!
  "Seconds of history that are kept."
  kept: Float!
  "Programs of which there is history."
  programs: Int!
  "Share of one CPU spent in BPF programs, by the last sample."
  cpu: Float
  "Share of one CPU that sampling itself takes, by the last sample."
  cost: Float!
  """
  Seconds that counting adds to each run of a program, measured with one that does nothing when
  sampling first began; null before, and where somebody else has the kernel count all the time.
  """
  countingCost: Float
  "Share of one CPU that counting and sampling took, by the last sample; null with countingCost."
  overhead: Float
  "Sum over all programs, oldest first."
  history(
    "Only the last so many seconds, or those before `to`."
    seconds: Float = 300
    "At most so many points."
    points: Int = 300
    "From this time on, in seconds since 1970, in place of `seconds`."
    from: Float
    "Up to this time."
    to: Float
  ): [SamplePoint!]!
}

"What all programs cost together over a stretch of time."
type SamplePoint {
  "End of the stretch, in seconds since 1970."
  time: Float!
  "Times run a second."
  runs: Float!
  "Share of one CPU."
  cpu: Float!
}

"What a program cost over a stretch of time."
type ProgramRate {
  "The program's id."
  programId: Int!
  "The program's id."
  id: Int! @deprecated(reason: "Caches that go by id take it for the identity: use programId.")
  "End of the stretch, in seconds since 1970."
  time: Float!
  "Its length in seconds."
  seconds: Float!
  "Times run a second."
  runs: Float!
  "Share of one CPU: 1 is a CPU that did nothing else."
  cpu: Float!
  "Average seconds a run; null when it did not run."
  average: Float
  "Runs skipped a second."
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

-- Moments before the program was loaded say nothing of it.
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

-- What counting and sampling took of the last interval; outside a window nothing is counted.
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
