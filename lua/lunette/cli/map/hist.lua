-- lunette map hist: a map's histograms as bars.

local args = require("lunette.cli.args")
local escape = require("lunette.runtime.escape")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local scripts = require("lunette.cli.scripts")
local tables = require("lunette.cli.table")

local hist = {}

local QUERY = [[
query ($id: Int!, $first: Int) {
  map(id: $id) {
    name histogram(first: $first) { label column unit total buckets { from to count } }
  }
}]]

function hist.configure(command)
  local sub = command:command("hist", "Draw the histograms that a map holds.")
  sub:argument("map", objects.HELP)
  sub:option("--limit", "Print at most N keys."):argname("N"):convert(args.count):default("100")
  args.scripts(args.json(sub))
end

local STEPS = { { 2 ^ 40, "T" }, { 2 ^ 30, "G" }, { 2 ^ 20, "M" }, { 2 ^ 10, "K" } }

-- A bound as bpftrace writes it: 4096 is 4K.
local function bound(n)
  for _, step in ipairs(STEPS) do
    if math.abs(n) >= step[1] and n % step[1] == 0 then
      return ("%.0f%s"):format(n / step[1], step[2])
    end
  end
  return ("%.0f"):format(n)
end

local function range(bucket)
  local from, to = graph.value(bucket.from), graph.value(bucket.to)
  if not from then return ("(..., %s)"):format(bound(to)) end
  if not to then return ("[%s, ...)"):format(bound(from)) end
  if to - from == 1 then return ("[%s]"):format(bound(from)) end
  return ("[%s, %s)"):format(bound(from), bound(to))
end

local EIGHTHS = { "▏", "▎", "▍", "▌", "▋", "▊", "▉" }

-- A bar of `width` characters, in steps of an eighth.
local function bar(share, width)
  local eighths = math.floor(share * width * 8 + 0.5)
  if share > 0 then eighths = math.max(1, eighths) end
  return ("█"):rep(eighths // 8) .. (EIGHTHS[eighths % 8] or "")
end

-- The title: the key, the column when there are several, and the unit.
local function title(one)
  local label, unit = graph.value(one.label), graph.value(one.unit)
  local column = one.column ~= "value" and one.column or nil
  local text = label and column and ("%s: %s"):format(label, column) or label or one.column
  return unit and ("%s (%s)"):format(text, unit) or text
end

--- The lines of a histogram; the bars use the remaining width.
---@param one table as GraphQL gives it
---@param room integer
---@return string[]
function hist.lines(one, room)
  local ranges, most, widest, digits = {}, 0, 0, 0
  for i, bucket in ipairs(one.buckets) do
    ranges[i] = range(bucket)
    most, widest = math.max(most, bucket.count), math.max(widest, #ranges[i])
    digits = math.max(digits, #("%.0f"):format(bucket.count))
  end
  local width = math.max(8, math.min(60, room - widest - digits - 4))
  local lines = { escape.terminal(title(one)) }
  for i, bucket in ipairs(one.buckets) do
    local drawn = bar(most > 0 and bucket.count / most or 0, width)
    lines[#lines + 1] = (("%-" .. widest .. "s  %" .. digits .. ".0f  %s"):format(ranges[i],
      bucket.count, drawn):gsub("%s+$", ""))
  end
  return lines
end

--- map hist
function hist.hist(given)
  scripts.load(given.script)
  local id = objects.id("map", given.map)
  local map = graph.data(QUERY, { variables = { id = id, first = given.limit } }).map
  local list = graph.value(map.histogram)
  if given.json then return output.json(list or json.null) end
  if not list then exit.fail(exit.FAILED, "map %d: no histogram is known in it", id) end
  for i, one in ipairs(list) do
    if i > 1 then output.line("") end
    output.line(table.concat(hist.lines(one, tables.width() or 80), "\n"))
  end
  if #list == 0 then output.aside("the histogram is empty") end
end

return hist
