-- The built-in service "tools": runs the tools that are wanted, publishes their rows on a topic
-- each, and tells how they fare.

local control = require("lunette.tool.control")
local lunette = require("lunette")

local BUSY, IDLE = 0.05, 0.25 -- seconds between two rounds
local MOST = 1000 -- rows in one event; of more the newest
local EVERY = 1.0 -- seconds between two looks at a map, and between two reports
local SETS = 1000 -- label sets of a counter

local function labels_of(rule, row)
  local values = {}
  for i, field in ipairs(rule.labels or {}) do values[i] = tostring(row[field]) end
  return table.concat(values, "\0")
end

-- Bounds of histograms of times, in seconds.
local BOUNDS = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }

local function new_histogram()
  local counts = {}
  for i = 1, #BOUNDS + 1 do counts[i] = 0 end
  return { counts = counts, sum = 0.0 }
end

-- Adds a row to its set: a number, or a histogram.
local function add(rule, known, row)
  if not rule.histogram then return (known or 0) + 1 end
  local set, value = known or new_histogram(), row[rule.histogram]
  if type(value) ~= "number" then return set end
  if rule.unit == "ns" then value = value / 1e9 end
  local at = 1
  while BOUNDS[at] and value > BOUNDS[at] do at = at + 1 end
  set.counts[at], set.sum = set.counts[at] + 1, set.sum + value
  return set
end

-- Counts the rows by the labels of the tool's rules; beyond so many sets, in one of its own.
local function count(one, rows)
  for n, rule in ipairs(one.tool.spec.metrics or {}) do
    local counts = one.counts[n] or { sets = {}, size = 0 }
    one.counts[n] = counts
    for _, row in ipairs(rows) do
      local key = labels_of(rule, row)
      if not counts.sets[key] and counts.size >= SETS then
        key = ("other\0"):rep(#(rule.labels or {})):sub(1, -2)
      end
      if not counts.sets[key] then counts.size = counts.size + 1 end
      counts.sets[key] = add(rule, counts.sets[key], row)
    end
  end
end

local function report(name, one, err)
  local counts = {}
  for n, rule in ipairs(one.tool and one.tool.spec.metrics or {}) do
    counts[n] = { name = rule.name, help = rule.help, labels = rule.labels or {},
      bounds = rule.histogram and BOUNDS or nil,
      sets = one.counts[n] and one.counts[n].sets or {} }
  end
  control.tell(name, { serial = one.serial, running = err == nil and not one.ended,
    events = one.tool and one.tool.events and one.events or nil,
    lost = one.tool and one.tool:lost() or nil, error = err,
    since = one.since, counts = counts })
  one.reported = lunette.now()
end

local function start(name, want)
  local one = { serial = want.serial, events = 0, counts = {}, since = os.time(), looked = 0 }
  local spec, err = lunette.tools.find(name)
  if spec then one.tool, err = lunette.tools.open(spec, want.values) end
  if not one.tool then lunette.log.error("tool %s: %s", name, err) end
  report(name, one, not one.tool and err or nil)
  return one
end

local function stop(name, one)
  if not one.tool then return end
  one.ended = true
  report(name, one)
  one.tool:close()
  one.tool = nil
end

local function publish(name, one, rows)
  local topic = control.topic(name)
  if topic:subscribers() == 0 then return end
  local shown, from = {}, math.max(1, #rows - MOST + 1)
  for i = from, #rows do shown[#shown + 1] = one.tool:shown(rows[i]) end
  topic:publish { rows = shown, skipped = from - 1, lost = one.tool:lost() }
end

-- Of more stacks than can be sent the largest, and the others as one, so that the sum is right.
local function largest_stacks(one, rows)
  if #rows <= MOST then return rows end
  local column = one.tool.columns[2]
  local function value(row) return one.tool:cell(column, row) end
  table.sort(rows, function(a, b) return value(a) > value(b) end)
  local list = table.move(rows, 1, MOST - 1, 1, {})
  local rest = { stack = "[smaller stacks]", samples = 0, time = 0 }
  for i = MOST, #rows do
    rest.samples, rest.time = rest.samples + rows[i].samples, rest.time + rows[i].time
  end
  list[MOST] = rest
  return list
end

local function read_events(name, one)
  local rows, err = one.tool:read(0)
  if not rows then return err end
  if #rows == 0 then return nil end
  one.events = one.events + #rows
  count(one, rows)
  publish(name, one, rows)
  return nil
end

local function histogram_rows(one)
  local rows = {}
  for _, histogram in ipairs(one.tool:histograms()) do
    for _, bucket in ipairs(histogram.buckets) do
      rows[#rows + 1] = { label = histogram.label, unit = histogram.unit, low = bucket.low,
        high = bucket.high, count = bucket.count }
    end
  end
  return rows
end

-- A map's entries, once a second, while anyone looks.
local function read_map(name, one)
  local topic = control.topic(name)
  if topic:subscribers() == 0 or lunette.now() - one.looked < EVERY then return end
  one.looked = lunette.now()
  if one.tool.spec.view == "histogram" then
    topic:publish { rows = histogram_rows(one), skipped = 0, lost = one.tool:lost() }
  else
    local rows = one.tool:entries()
    publish(name, one, one.tool.spec.view == "folded" and largest_stacks(one, rows) or rows)
  end
end

local function step(name, one)
  local err
  if one.tool.events then err = read_events(name, one) else read_map(name, one) end
  if err then
    lunette.log.error("tool %s: %s", name, err)
    stop(name, one)
    return report(name, one, err)
  end
  if lunette.now() - one.reported >= EVERY then report(name, one) end
end

-- Starts what is newly wanted, and stops what is not wanted any more.
local function follow(running)
  local wanted = control.wanted()
  for name, one in pairs(running) do
    if not wanted[name] or wanted[name].serial ~= one.serial then
      stop(name, one)
      running[name] = nil
    end
  end
  for name, want in pairs(wanted) do
    running[name] = running[name] or start(name, want)
  end
end

lunette.service("tools", function(svc)
  local running = {}
  local _ <close> = setmetatable({}, { __close = function()
    for _, one in pairs(running) do
      if one.tool then one.tool:close() end
    end
  end })
  repeat
    follow(running)
    for name, one in pairs(running) do
      if one.tool then step(name, one) end
    end
  until not svc:sleep(next(running) and BUSY or IDLE)
end)
