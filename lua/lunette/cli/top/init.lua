-- lunette top: costs of programs, on a screen that is updated, or as text, JSON, CSV.

local lunette = require("lunette")
local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local fleet = require("lunette.cli.fleet")
local facts = require("lunette.cli.top.facts")
local head = require("lunette.cli.top.head")
local json = require("lunette.runtime.json")
local keys = require("lunette.cli.top.keys")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local sample = require("lunette.cli.top.sample")
local screen = require("lunette.cli.screen")
local scripts = require("lunette.cli.scripts")
local style = require("lunette.cli.style")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")
local units = require("lunette.cli.units")
local views = require("lunette.cli.top.views")

local top = {}

function top.configure(command)
  command:option("-i --interval", "Take a sample every SECONDS."):argname("SECONDS")
    :convert(args.seconds):default("1")
  command:option("--count", "End after N samples."):argname("N"):convert(args.count)
  command:flag("--once", "Print one sample as a table, and end.")
  args.scripts(args.formats(command, { json = "Print JSON, one sample per line." }))
  fleet.configure(command)
  command:epilog("On the screen: arrows and Enter go into a program, its code (c), hot lines (l), "
    .. "maps (m) and what they join it with (g), a map's entries; Escape goes back. / filters, s "
    .. "sorts by the next column, r turns it round, a shows attach points, o Lunette's own "
    .. "programs, p pauses, ? tells all keys, q ends. NO_COLOR is heeded.\n\n" .. exit.TEXT)
end

local SHAPE = json.shape { "id", "name", "kernelType", "tag", "cpu", "runs", "average", "runCount",
  "recursionMisses", "memory", "owners", "attached" }

local function object_of(row)
  return setmetatable({
    id = row.id, name = row.name, kernelType = row.type, tag = row.tag, cpu = row.cpu,
    runs = row.runs, average = row.average, runCount = row.runCount,
    recursionMisses = row.misses, memory = row.memory, attached = row.attached,
    owners = json.array(row.owners or {}),
  }, SHAPE)
end

local CSV = {}
for i, name in ipairs {
  "time", "id", "name", "kernelType", "cpu", "runs", "average", "runCount", "recursionMisses",
} do CSV[i] = { field = name, title = name } end

local function by_cost(rows)
  local sorted = table.move(rows, 1, #rows, 1, {})
  table.sort(sorted, function(a, b)
    if a.cpu ~= b.cpu then return a.cpu > b.cpu end
    return a.id < b.id
  end)
  return sorted
end

local function print_sample(given, rows, first)
  rows = by_cost(rows)
  local objects_of = json.array({})
  for i, row in ipairs(rows) do objects_of[i] = object_of(row) end
  if given.json then
    output.json_line(json.object({ time = os.time(), programs = objects_of },
      { "time", "programs" }))
  elseif given.csv then
    for _, row in ipairs(objects_of) do row.time = os.time() end
    tables.csv(CSV, objects_of, not first, output.guards(given))
  else
    tables.print(views.PROGRAMS, rows)
  end
  io.stdout:flush()
end

local function print_samples(given, sampler)
  local count = given.once and 1 or given.count or math.huge
  sampler:take()
  local n = 0
  while n < count do
    tty.sleep(given.interval)
    local rows = sampler:take()
    facts.add(rows)
    print_sample(given, rows, n == 0)
    n = n + 1
  end
end

-- The last line: the keys of this view.
local function help_line(view, depth, width)
  local words = {}
  if depth > 1 then words[1] = "esc back" end
  words[#words + 1] = getmetatable(view).help
  if view.spec.help then words[#words + 1] = view.spec.help end
  words[#words + 1] = "? keys  q quit"
  return style.paint("dim", tables.cut(table.concat(words, "  "), width))
end

local function draw(state)
  local width, height = tty.size()
  width, height = width or 80, height or 24
  local stack = state.stack
  local view = stack[#stack]
  local body = view:draw(width, math.max(1, height - head.HEIGHT - 1))
  local lines = head.lines(state.sampler, view, width, state.paused)
  table.move(body, 1, #body, #lines + 1, lines)
  for i = #lines + 1, height - 1 do lines[i] = "" end
  lines[height] = help_line(view, #stack, width)
  screen.draw(lines)
end

local function leave(stack)
  local view = table.remove(stack)
  if view.spec.close then view.spec.close() end
end

local function back(state)
  if #state.stack > 1 then leave(state.stack) end
end

-- Keys with the same meaning in every view that does not use them itself.
local KEYS = {
  escape = back, left = back, backspace = back,
  p = function(state) state.paused = not state.paused end,
  redraw = screen.forget,
  ["?"] = function(state) state.stack[#state.stack + 1] = views.keys() end,
}

-- Handles a key; false when it ends the program.
local function press(state, key)
  if key == "quit" then return false end
  local stack = state.stack
  local result = stack[#stack]:key(key)
  if type(result) == "table" then stack[#stack + 1] = result end
  if result then return true end
  if key == "q" then return false end
  if KEYS[key] then KEYS[key](state) end
  return true
end

local function take(state)
  state.sampler:take()
  head.sample(state.sampler)
  state.stack[#state.stack]:refresh()
end

local function interact(given, state)
  local sampler = state.sampler
  state.stack = { views.programs(sampler) }
  sampler:take()
  head.sample(sampler)
  -- The first sample comes soon, so that there is something to see.
  local due, count = lunette.now() + math.min(0.3, given.interval), 0
  while true do
    draw(state)
    local bytes = tty.read(math.max(0, due - lunette.now()))
    if not bytes then return end
    for _, key in ipairs(keys.parse(bytes)) do
      if not press(state, key) then return end
    end
    if lunette.now() >= due then
      local from = lunette.now()
      if not state.paused then take(state) end
      -- A slow sample is taken less often, so that keys are still handled quickly.
      due = lunette.now() + math.max(given.interval, 3 * (lunette.now() - from))
      count = count + 1
      if count == given.count then return end
    end
  end
end

local function show(given, sampler)
  local state = { sampler = sampler, stack = {} }
  screen.with(function()
    local ok, err = xpcall(interact, function(err)
      return exit.failure(err) or require("lunette.runtime.errors").trace(err, 2)
    end, given, state)
    while #state.stack > 0 do leave(state.stack) end
    if not ok then error(err, 0) end
  end)
end

-- The servers sample while somebody looks: the first answers have no rates.
local RATES = [[
{ programs { id name kernelType tag rate { cpu runs average misses } } }]]

local HOSTS = { { title = "ID", field = "id", align = "right" },
  { title = "TYPE", field = "kernelType", shrink = true, weight = 2 },
  { title = "NAME", field = "name", shrink = true, least = 16 },
  { title = "CPU%", align = "right",
    value = function(row) return ("%.2f"):format(100 * row.cpu) end },
  { title = "RUNS/S", align = "right", value = function(row) return units.count(row.runs) end },
  { title = "AVG", align = "right", value = function(row) return units.duration(row.average) end },
  { title = "MISSES", align = "right", field = "misses", weight = 4 },
}
local HOSTS_CSV = {}
for i, name in ipairs { "id", "name", "kernelType", "cpu", "runs", "average", "misses" } do
  HOSTS_CSV[i] = { field = name, title = name }
end

local function rate_of(program)
  local rate = type(program.rate) == "table" and program.rate or { runs = 0 }
  if not (type(rate.runs) == "number" and rate.runs > 0 and tonumber(rate.cpu)) then return nil end
  program.rate, program.cpu, program.runs, program.misses = nil, rate.cpu, rate.runs, rate.misses
  program.average = tonumber(rate.average)
  return program
end

local function costlier(a, b)
  if a.cpu ~= b.cpu then return a.cpu > b.cpu end
  if a.host ~= b.host then return a.host < b.host end
  return a.id < b.id
end

-- Samples of every host, the costliest programs of all first.
local function on_hosts(given)
  local count, n, code = given.once and 1 or given.count or math.huge, 0, exit.OK
  fleet.ask(given, "mutation { enableStats { error } }")
  while n < count do
    tty.sleep(n == 0 and math.max(given.interval, 2.5) or given.interval)
    code = fleet.list(given, RATES, nil, { field = "programs", columns = HOSTS, csv = HOSTS_CSV,
      what = "programs run", pick = rate_of, order = costlier })
    io.stdout:flush()
    n = n + 1
  end
  return code
end

function top.run(given)
  if fleet.wanted(given) then return on_hosts(given) end
  objects.need_admin()
  scripts.load(given.script)
  local sampler <close> = sample.open()
  local as_text = given.once or given.json or given.csv
  local possible, why = screen.possible()
  if not as_text and possible then return show(given, sampler) end
  if not as_text and why then output.note(why) end
  print_samples(given, sampler)
end

return top
