-- Maps with histograms: power-of-two slots in the value (bcc, libbpf-tools), and bpftrace's hist
-- and lhist, with one bucket per entry.

local bpf = require("bpf")
local bpftrace = require("lunette.decode.bpftrace")
local bpftrace_table = require("lunette.decode.bpftrace_table")
local decode = require("lunette.decode")
local decoder = require("lunette.schema.decoder")
local floats = require("lunette.runtime.float")
local kernel = require("lunette.schema.kernel")
local readable = require("lunette.schema.readable")
local tables = require("lunette.table")

local histogram = {}

histogram.sdl = [[
extend type Map {
  "The values as histograms, one per key; null for maps without histograms."
  histogram(
    "How many keys at most."
    first: Int = 100
  ): [Histogram!]
}

"Counts by range."
type Histogram {
  "The key as text; null where there is only one histogram."
  label: String
  "The column of the value."
  column: String!
  "The unit of the bounds."
  unit: String
  "The sum of all counts."
  total: Float!
  "The buckets, lowest first; empty ones at the end are left out."
  buckets: [HistogramBucket!]!
}

"A range of a histogram."
type HistogramBucket {
  "The smallest value in the range; null: no bound."
  from: Float
  "The first value beyond the range; null: no bound."
  to: Float
  "The number of values in the range."
  count: Float!
}
]]

local function float(x) return x and x + 0.0 end

local function slot_columns(reader)
  local found = {}
  for _, col in ipairs(reader.value.columns) do
    if col.histogram then found[#found + 1] = col end
  end
  return found
end

local function text_of(cell)
  return math.type(cell) == "float" and floats.text(cell) or tostring(cell)
end

local function label_of(reader, row)
  local words = {}
  for i = 1, #reader.key.columns do words[i] = text_of(row[i]) end
  return table.concat(words, ", ")
end

-- The slots summed over all CPUs.
local function slots_of(col, decode_value, value)
  local sum = {}
  for _, bytes in ipairs(type(value) == "table" and value or { value }) do
    decode.histogram.add(sum, col.get(decode_value(bytes)))
  end
  return sum
end

local function from_slots(col, label, slots)
  local buckets = {}
  for i, bucket in ipairs(decode.histogram.log2(slots)) do
    buckets[i] = { from = float(bucket.low), to = float(bucket.high), count = bucket.count }
  end
  return { label = label, column = col.name, unit = col.unit, buckets = buckets }
end

-- One histogram per key and column; empty ones are left out.
local function of_slots(map, reader, columns, most)
  local list = {}
  for key, value in map:each { raw = true } do
    if #list >= most then break end
    local label = label_of(reader, reader:row(key, value))
    for _, col in ipairs(columns) do
      local found = from_slots(col, label, slots_of(col, reader.value.decode, value))
      if #found.buckets > 0 then list[#list + 1] = found end
    end
  end
  if #list == 1 then list[1].label = nil end
  return list
end

-- The range of bpftrace's bucket with that number.
local function bounds(kind, number)
  if kind.aggregate == "lhist" then
    local from = kind.low + (number - 1) * kind.step
    if number == 0 then return nil, kind.low end
    if from >= kind.high then return kind.high, nil end
    return from, from + kind.step
  end
  if number == 0 then return nil, 0 end
  if number == 1 then return 0, 1 end
  return 1 << (number - 2), 1 << (number - 1)
end

local function numbers_of(kind)
  local numbers = {}
  for number, name in pairs(bpftrace.bucket_names(kind)) do numbers[name] = number end
  return numbers
end

local function of_bpftrace(map, kind, most)
  local list, numbers = {}, numbers_of(kind)
  for _, row in ipairs((bpftrace_table.rows(map))) do
    if #list >= most then break end
    local buckets = {}
    for i, bucket in ipairs(row.buckets) do
      local from, to = bounds(kind, numbers[bucket.range] or 0)
      buckets[i] = { from = float(from), to = float(to), count = bucket.count }
    end
    list[#list + 1] = {
      label = row.text ~= "" and row.text or nil, column = "value", buckets = buckets,
    }
  end
  return list
end

local function is_bucketed(found)
  return found.bpftrace and (found.bpftrace.aggregate == "hist"
    or found.bpftrace.aggregate == "lhist" and found.bpftrace.step ~= nil)
end

local function read(info, args, ctx)
  if info.error or not readable.lookup(info) then return nil end
  local found = decoder.in_force(kernel.of(ctx), info)
  local reader = tables.reader(info, { decoder = found })
  local columns = slot_columns(reader)
  if #columns == 0 and not is_bucketed(found) then return nil end
  local opened = bpf.map(info.id)
  if not opened then return nil end
  local map <close> = opened
  if is_bucketed(found) then return of_bpftrace(map, found.bpftrace, args.first) end
  return of_slots(map, reader, columns, args.first)
end

histogram.resolvers = {
  Map = { histogram = read },
  Histogram = {
    total = function(one) return decode.histogram.total(one.buckets) end,
  },
}

return histogram
