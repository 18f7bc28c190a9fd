-- What programs cost over time: samples that the sampler service leaves in `shared`, packed,
-- one text a moment, and how they are read back.

local shared = require("lunette").shared

local samples = {}

-- Moments that are kept. A reader asks for samples by setting WANTED, which runs out.
samples.KEPT = 900
-- Every moment's rates are also published here.
samples.TOPIC = "programRates"

local HEAD, SLOT, WANTED = "sampler.head", "sampler.%d", "sampler.wanted"
local WANTED_FOR = 20 -- seconds

local HEADER = "<dd"
local RECORD = "<I4I8I8I8"
local HEADER_SIZE = string.packsize(HEADER)
local RECORD_SIZE = string.packsize(RECORD)

--- Packs a moment: its end, its length, and { id, runs, ns, misses } of each program that ran.
---@param time number
---@param seconds number
---@param records table[] sorted by id
---@return string
function samples.pack(time, seconds, records)
  local parts = { HEADER:pack(time, seconds) }
  for i, record in ipairs(records) do
    parts[i + 1] = RECORD:pack(record.id, record.runs, record.ns, record.misses)
  end
  return table.concat(parts)
end

-- The record at a place, as a rate.
local function record_at(text, index, time, seconds)
  local at = HEADER_SIZE + index * RECORD_SIZE + 1
  local id, runs, ns, misses = RECORD:unpack(text, at)
  return {
    id = id, time = time, seconds = seconds, runs = runs / seconds, cpu = ns / 1e9 / seconds,
    average = runs > 0 and ns / 1e9 / runs or nil, misses = misses / seconds,
  }
end

local function count(text) return (#text - HEADER_SIZE) // RECORD_SIZE end

--- Every program's rate at a packed moment.
---@param text string
---@return table[]
function samples.rates(text)
  local time, seconds = HEADER:unpack(text)
  local rates = {}
  for i = 0, count(text) - 1 do rates[i + 1] = record_at(text, i, time, seconds) end
  return rates
end

--- One program's rate at a packed moment: of one that did not run, zeros.
---@param text string
---@param id integer
---@return table
function samples.rate(text, id)
  local time, seconds = HEADER:unpack(text)
  local low, high = 0, count(text) - 1
  while low <= high do
    local middle = (low + high) // 2
    local found = ("<I4"):unpack(text, HEADER_SIZE + middle * RECORD_SIZE + 1)
    if found == id then return record_at(text, middle, time, seconds) end
    if found < id then low = middle + 1 else high = middle - 1 end
  end
  return { id = id, time = time, seconds = seconds, runs = 0.0, cpu = 0.0, misses = 0.0 }
end

--- Keeps a packed moment, in place of the oldest.
---@param text string
function samples.keep(text)
  local head = (shared.get(HEAD) or 0) + 1
  shared.set(SLOT:format(head % samples.KEPT), text)
  shared.set(HEAD, head)
end

--- Says that someone looks: the sampler runs for a while.
function samples.want() shared.set(WANTED, true, WANTED_FOR) end

--- Does someone look?
---@return boolean
function samples.wanted() return shared.get(WANTED) ~= nil end

--- The newest packed moment, or nil.
---@return string|nil
function samples.newest()
  local head = shared.get(HEAD)
  return head and shared.get(SLOT:format(head % samples.KEPT))
end

--- The packed moments of the last so many seconds, oldest first.
---@param seconds number
---@param now number
---@return string[]
function samples.since(seconds, now)
  local head, list = math.tointeger(shared.get(HEAD) or 0), {}
  for n = head, math.max(1, head - samples.KEPT + 1), -1 do
    local text = shared.get(SLOT:format(n % samples.KEPT))
    if not text or HEADER:unpack(text) < now - seconds then break end
    table.insert(list, text)
  end
  for i = 1, #list // 2 do list[i], list[#list - i + 1] = list[#list - i + 1], list[i] end
  return list
end

-- One rate for a stretch: what was counted, over the time that was looked at.
local function merged(rates)
  local time, runs, cpu, misses = 0.0, 0.0, 0.0, 0.0
  for _, rate in ipairs(rates) do
    time = time + rate.seconds
    runs, cpu = runs + rate.runs * rate.seconds, cpu + rate.cpu * rate.seconds
    misses = misses + rate.misses * rate.seconds
  end
  local last = rates[#rates]
  return {
    id = last.id, time = last.time, seconds = time, runs = runs / time, cpu = cpu / time,
    average = runs > 0 and cpu / runs or nil, misses = misses / time,
  }
end

--- Rates merged so that there are at most so many.
---@param rates table[] oldest first
---@param points integer
---@return table[]
function samples.thin(rates, points)
  if #rates <= points then return rates end
  local list, size = {}, math.ceil(#rates / points)
  for first = 1, #rates, size do
    list[#list + 1] = merged(table.move(rates, first, math.min(first + size - 1, #rates), 1, {}))
  end
  return list
end

return samples
