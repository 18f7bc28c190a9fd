-- What programs cost, now and before: what the sampler service has seen.

local kernel = require("lunette.schema.kernel")
local samples = require("lunette.schema.samples")
local shared = require("lunette").shared

local sampler = {}

sampler.sdl = [[
extend type Query {
  "The sampler of programs' costs."
  sampler: Sampler!
}

extend type Program {
  "What it costs now, from the two last samples; null until there are two."
  rate: ProgramRate
  "What it cost, oldest first."
  history(
    "Only the last so many seconds."
    seconds: Float = 300
    "At most so many points; samples between them are merged."
    points: Int = 300
  ): [ProgramRate!]!
}

"Who samples what programs cost, and how."
type Sampler {
  "watch: while someone looks; always; or off."
  mode: String!
  "Is it sampling now?"
  active: Boolean!
  "Seconds between samples."
  interval: Float!
  "Seconds of history that are kept."
  kept: Float!
  "Programs of which there is history."
  programs: Int!
  "Share of one CPU spent in BPF programs, by the last sample."
  cpu: Float
  "Sum over all programs, oldest first."
  history(
    "Only the last so many seconds."
    seconds: Float = 300
    "At most so many points."
    points: Int = 300
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
  id: Int!
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
  local text = samples.newest()
  return text and samples.rate(text, prog.id)
end

-- Moments before the program was loaded say nothing of it.
local function history(prog, args, ctx)
  samples.want()
  local k = kernel.of(ctx)
  local loaded = prog.load_time and k:boot_time() + prog.load_time / 1e9 or 0
  local rates = {}
  for _, text in ipairs(samples.since(args.seconds, k:now())) do
    local one = samples.rate(text, prog.id)
    if one.time >= loaded then rates[#rates + 1] = one end
  end
  return samples.thin(rates, args.points)
end

-- All programs of a moment as one.
local function total(text)
  local sum
  for _, one in ipairs(samples.rates(text)) do
    sum = sum or { time = one.time, seconds = one.seconds, runs = 0.0, cpu = 0.0, misses = 0.0 }
    sum.runs, sum.cpu = sum.runs + one.runs, sum.cpu + one.cpu
  end
  return sum or samples.rate(text, 0)
end

local function totals(_, args, ctx)
  samples.want()
  local list = {}
  for i, text in ipairs(samples.since(args.seconds, kernel.of(ctx):now())) do
    list[i] = total(text)
  end
  return samples.thin(list, args.points)
end

local function state()
  local text = samples.newest()
  return {
    mode = shared.get("sampler.mode") or "watch",
    active = shared.get("sampler.active") or false,
    interval = shared.get("sampler.interval") or 1.0,
    kept = samples.KEPT * (shared.get("sampler.interval") or 1.0),
    programs = text and #samples.rates(text) or 0,
    cpu = text and total(text).cpu,
  }
end

sampler.resolvers = {
  Query = { sampler = state },
  Program = { rate = rate, history = history },
  Sampler = { history = totals },
  ProgramRate = {
    program = function(one, _, ctx) return kernel.of(ctx):object("prog", one.id) end,
  },
}

return sampler
