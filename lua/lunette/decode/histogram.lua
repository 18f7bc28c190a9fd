-- Histograms from arrays of counts: power-of-two slots (bcc, libbpf-tools: `slots[]`) and linear
-- slots. A histogram is a list of { low, high, count }; high is exclusive.

local json = require("lunette.runtime.json")
local u64 = require("lunette.runtime.u64")

local histogram = {}

local BAR = 40

local shape = json.shape { "low", "high", "count" }

-- The last slot that is not empty; the slots after it are not shown.
local function last_filled(slots)
  local last = 0
  for i, count in ipairs(slots) do
    if count ~= 0 then last = i end
  end
  return last
end

local function build(slots, low, high)
  local list = json.array {}
  for i = 1, last_filled(slots) do
    list[i] = setmetatable({ low = low(i - 1), high = high(i - 1), count = slots[i] }, shape)
  end
  return list
end

--- Power-of-two slots: slot 0 counts 0 and 1, slot n counts 2^n up to 2^(n+1).
---@param slots integer[]
---@return { low: integer, high: integer, count: integer }[]
function histogram.log2(slots)
  return build(slots, function(n) return n == 0 and 0 or 1 << n end,
    function(n) return 1 << (n + 1) end)
end

--- Slots of equal width, the first one from `low`.
---@param slots integer[]
---@param low? integer 0
---@param width? integer 1
function histogram.linear(slots, low, width)
  low, width = low or 0, width or 1
  return build(slots, function(n) return low + n * width end,
    function(n) return low + (n + 1) * width end)
end

--- Adds the second list of slots to the first, which may be shorter.
---@param sum integer[]
---@param slots integer[]
---@return integer[] sum
function histogram.add(sum, slots)
  for i, count in ipairs(slots) do sum[i] = u64.sum(sum[i] or 0, count) end
  return sum
end

--- The number of counted values.
function histogram.total(list)
  local total = 0
  for _, bucket in ipairs(list) do total = u64.sum(total, bucket.count) end
  return total
end

--- The value below which this share of the counts lies, estimated from the buckets; nil for an
--- empty histogram.
---@param list table[]
---@param share number 0 to 1
---@return number|nil
function histogram.quantile(list, share)
  local wanted, seen = histogram.total(list) * share, 0
  for _, bucket in ipairs(list) do
    if bucket.count > 0 and seen + bucket.count >= wanted then
      return bucket.low + (bucket.high - bucket.low) * (wanted - seen) / bucket.count
    end
    seen = seen + bucket.count
  end
  return nil
end

--- The histogram as text with bars.
---@param list table[]
---@return string
function histogram.text(list)
  local most, lines = 0, {}
  for _, bucket in ipairs(list) do most = math.max(most, bucket.count) end
  for i, bucket in ipairs(list) do
    local bar = most > 0 and bucket.count * BAR // most or 0
    lines[i] = ("%-24s %10d |%-40s|"):format(("[%d, %d)"):format(bucket.low, bucket.high),
      bucket.count, ("*"):rep(bar))
  end
  return table.concat(lines, "\n")
end

return histogram
