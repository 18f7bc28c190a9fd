-- lunette top: what programs cost, on a screen that one leaves open; or as text, JSON, CSV.

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local facts = require("lunette.cli.top.facts")
local json = require("lunette.runtime.json")
local keys = require("lunette.cli.top.keys")
local objects = require("lunette.cli.objects")
local sample = require("lunette.cli.top.sample")
local screen = require("lunette.cli.screen")
local scripts = require("lunette.cli.scripts")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")
local units = require("lunette.cli.units")
local views = require("lunette.cli.top.views")

local top = {}

function top.configure(command)
  command:option("-i --interval", "Seconds between samples."):argname("SECONDS")
    :convert(args.seconds):default("1")
  command:option("--count", "End after so many samples."):argname("N"):convert(args.count)
  command:flag("--once", "Print one sample as a table, and end.")
  args.scripts(args.csv(command))
  command:flag("-j --json", "Print JSON, a sample a line.")
  command:epilog("On the screen: arrows and Enter go into a program, its code (c) and maps (m), "
    .. "a map's entries; Escape goes back. / filters, s sorts by the next column, r turns it "
    .. "round, a shows attach points, o Lunette's own programs, q ends.\n\n" .. exit.TEXT)
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
    io.write(json.encode(json.object({ time = os.time(), programs = objects_of },
      { "time", "programs" })), "\n")
  elseif given.csv then
    for _, row in ipairs(objects_of) do row.time = os.time() end
    tables.csv(CSV, objects_of, not first)
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

local function head(sampler, view, width)
  local text = ("lunette top  %s  BPF %.2f%% of a CPU, %s runs/s  %s"):format(os.date("%H:%M:%S"),
    100 * sampler.cpu, units.count(sampler.runs or 0), sample.spark(sampler.history, 20))
  return { tables.cut(text, width), tables.cut(view:title(), width) }
end

local function draw(stack, sampler)
  local width, height = tty.size()
  width, height = width or 80, height or 24
  local view = stack[#stack]
  local lines = head(sampler, view, width)
  local body = view:draw(width, height - #lines - 1)
  table.move(body, 1, #body, #lines + 1, lines)
  for i = #lines + 1, height - 1 do lines[i] = "" end
  local back = #stack > 1 and "esc back  " or ""
  local own = view.spec.help and view.spec.help .. "  " or ""
  local help = tables.cut(back .. own .. getmetatable(view).help .. "  q quit", width)
  lines[height] = "\27[2m" .. help .. "\27[0m"
  screen.draw(lines)
end

-- A key that the view has no use for goes back or ends.
local function press(stack, key)
  if key == "quit" then return false end
  local view = stack[#stack]
  local result = view:key(key)
  if type(result) == "table" then stack[#stack + 1] = result end
  if result then return true end
  if key == "q" then return false end
  if (key == "escape" or key == "left" or key == "backspace") and #stack > 1 then
    stack[#stack] = nil
  end
  return true
end

local function interact(given, sampler)
  local stack = { views.programs(sampler) }
  sampler:take()
  -- The first sample comes soon, so that there is something to see.
  local due, count = tty.now() + math.min(0.3, given.interval), 0
  while true do
    draw(stack, sampler)
    local bytes = tty.read(math.max(0, due - tty.now()))
    if not bytes then return end
    for _, key in ipairs(keys.parse(bytes)) do
      if not press(stack, key) then return end
    end
    if tty.now() >= due then
      sampler:take()
      stack[#stack]:refresh()
      due = tty.now() + given.interval
      count = count + 1
      if count == given.count then return end
    end
  end
end

function top.run(given)
  objects.need_admin()
  scripts.load(given.script)
  local sampler <close> = sample.open()
  if given.once or given.json or given.csv or not screen.possible() then
    return print_samples(given, sampler)
  end
  screen.with(function() interact(given, sampler) end)
end

return top
