-- Hot spots of a program: samples of its native code by source line.

local hot_code = require("lunette.code.hot")
local kernel = require("lunette.schema.kernel")

local hot = {}

hot.sdl = [[
extend type Subscription {
  "Hot spots of a program: all samples since the subscription began, every second."
  hotSpots("The program's id." id: Int!): HotSpots!
}

"Hot spots of a program, by samples."
type HotSpots {
  "The program's id."
  programId: Int!
  "Samples in the program."
  samples: Int!
  "Samples taken of all CPUs."
  total: Int!
  "Its lines, hottest first; empty without BTF."
  lines: [HotLine!]!
  "Its native instructions, hottest first."
  instructions: [HotInstruction!]!
  "Why there are no samples, or null."
  error: String
}

"A hot source line."
type HotLine {
  "The file."
  file: String!
  "The line's number."
  line: Int!
  "The text."
  text: String!
  "Samples on it."
  samples: Int!
}

"A hot native instruction."
type HotInstruction {
  "The function that it is in."
  function: String!
  "Bytes from that function's start."
  offset: Int!
  "The instruction in assembler."
  text: String!
  "Samples on it."
  samples: Int!
}
]]

-- Adds an event's samples of one program to the sums.
local function gather(sum, seen, id)
  sum.total, sum.error = sum.total + seen.samples, seen.error
  for _, place in ipairs(seen.hot) do
    if place.prog_id == id then
      local key = place.func .. ":" .. place.offset
      local known = sum.places[key]
      if not known then
        known = { func = place.func, offset = place.offset, samples = 0 }
        sum.places[key] = known
      end
      known.samples = known.samples + place.samples
    end
  end
end

local function told(sum, id)
  local places = {}
  for _, place in pairs(sum.places) do places[#places + 1] = place end
  local found, err = hot_code.of_program(id, places)
  found = found or { samples = 0, lines = {}, insns = {} }
  return {
    programId = id, samples = found.samples, total = sum.total, lines = found.lines,
    instructions = found.insns, error = sum.error or err,
  }
end

-- The service "profiler" samples while its topic has subscribers.
local function subscribe(_, args, ctx)
  kernel.of(ctx):demand("prog", args.id)
  local sum = { total = 0, places = {} }
  return {
    topic = "hotSpots",
    map = function(seen)
      if #seen.hot == 0 and not seen.error and sum.total > 0 then return nil end
      gather(sum, seen, args.id)
      return told(sum, args.id)
    end,
  }
end

hot.resolvers = {
  Subscription = {
    hotSpots = { subscribe = subscribe, resolve = function(spots) return spots end },
  },
  HotInstruction = { ["function"] = function(insn) return insn.func end },
}

return hot
