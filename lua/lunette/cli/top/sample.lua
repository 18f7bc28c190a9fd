-- Costs of programs: differences of the kernel's counters between two readings, and a short
-- history.

local bpf = require("bpf")
local lunette = require("lunette")
local exit = require("lunette.cli.exit")

local sample = {}

local KEEP = 60 -- samples of history

local Sampler = {}
Sampler.__index = Sampler

--- Makes a sampler; the kernel's statistics are on while it is open.
---@return table <close>
function sample.open()
  local stats, err = bpf.stats()
  if not stats then exit.fail(exit.code_of(err), "run-time statistics: %s", err) end
  return setmetatable({ stats = stats, seen = {}, rows = {}, cpu = 0, history = {} }, Sampler)
end

function Sampler:close() self.stats:close() end
Sampler.__close = Sampler.close

local function push(list, value)
  list[#list + 1] = value
  if #list > KEEP then table.remove(list, 1) end
end

-- The increase of a counter. A reused id starts at 0, so a smaller value counts from 0.
local function moved(new, old) return new >= old and new - old or new end

-- A program's row from two readings.
local function row_of(info, before, seconds)
  local row = {
    id = info.id, type = info.type, name = info.name, tag = info.tag, own = info.own,
    runCount = info.run_cnt, runTimeNs = info.run_time_ns, misses = info.recursion_misses,
    memory = info.memlock, mapIds = info.map_ids, runs = 0, cpu = 0,
    history = before and before.history or {},
  }
  if before then
    local runs = moved(info.run_cnt, before.runCount)
    local ns = moved(info.run_time_ns, before.runTimeNs)
    row.runs, row.cpu = runs / seconds, ns / 1e9 / seconds
    row.average = runs > 0 and ns / 1e9 / runs or nil
    push(row.history, row.cpu)
  end
  return row
end

--- Takes a reading: rows by id, and the sum of their costs.
---@return table[] rows
function Sampler:take()
  local infos = exit.check(bpf.progs())
  local now = lunette.now()
  local seconds = self.at and math.max(now - self.at, 1e-3)
  local seen, rows, cpu, runs, running = {}, {}, 0, 0, 0
  for i, info in ipairs(infos) do
    local row = row_of(info, seconds and self.seen[info.id], seconds)
    seen[info.id], rows[i] = row, row
    cpu, runs = cpu + row.cpu, runs + row.runs
    if row.runs > 0 then running = running + 1 end
  end
  self.seen, self.rows, self.cpu, self.runs, self.at = seen, rows, cpu, runs, now
  self.running = running
  if seconds then push(self.history, cpu) end
  return rows
end

local BARS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

--- The last values as bars; the highest is a full bar, 0 is empty.
---@param history number[]
---@param width integer
---@return string
function sample.spark(history, width)
  local highest = 0
  local first = math.max(1, #history - width + 1)
  for i = first, #history do highest = math.max(highest, history[i]) end
  local parts = {}
  for i = first, #history do
    local level = highest > 0 and math.ceil(history[i] / highest * #BARS) or 0
    parts[#parts + 1] = BARS[level] or " "
  end
  return (" "):rep(width - #parts) .. table.concat(parts)
end

return sample
