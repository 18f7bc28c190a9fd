-- The header of the screen: the host, its load, BPF's share of it, and the current view.

local bpf = require("bpf")
local escape = require("lunette.runtime.escape")
local sample = require("lunette.cli.top.sample")
local style = require("lunette.cli.style")
local tables = require("lunette.cli.table")
local units = require("lunette.cli.units")

local head = { HEIGHT = 3 } -- lines

local host, cpus
local before

-- CPU ticks since boot: busy, and all.
local function ticks()
  local file <close> = io.open("/proc/stat")
  local line = file and file:read("l")
  if not line then return nil end
  local sum, idle, n = 0, 0, 0
  for word in line:gmatch("%d+") do
    n = n + 1
    if n > 8 then break end -- guest time is part of user time already
    sum = sum + tonumber(word)
    if n == 4 or n == 5 then idle = idle + tonumber(word) end
  end
  return sum - idle, sum
end

--- The host's load since the last call: 0 to 1 of all CPUs; nil at the first call.
---@return number|nil
local function load_of_host()
  local busy, all = ticks()
  if not busy then return nil end
  local last = before
  before = { busy = busy, all = all }
  if not last or all <= last.all then return nil end
  return (busy - last.busy) / (all - last.all)
end

-- Joins a left and a right text in one line; the left one is cut when there is no room for both.
local function spread(left, right, width)
  local room = width - tables.length(right) - 1
  if room < 1 then return tables.cut(left, width) end
  left = tables.cut(left, room)
  return left .. (" "):rep(width - tables.length(left) - tables.length(right)) .. right
end

--- Reads the data of the host line; called with every sample.
---@param sampler table
function head.sample(sampler)
  if not host then
    host = bpf.host()
    cpus = select(2, bpf.cpus()) or 1
  end
  sampler.load = load_of_host() or sampler.load
end

local function host_words(sampler, kernel)
  local busy = sampler.load and (", %.0f%% busy"):format(100 * sampler.load) or ""
  return ("lunette top  %s  Linux %s  %d CPU%s%s, %.1f%% BPF"):format(
    escape.terminal(host.hostname), escape.terminal(kernel), cpus, cpus == 1 and "" or "s",
    busy, 100 * sampler.cpu / cpus)
end

-- The host line. When it is too long, the kernel's name is first shortened to its version.
local function host_line(sampler, width, paused)
  local right = paused and "paused" or os.date("%H:%M:%S")
  local left = host_words(sampler, host.kernel)
  if tables.length(left) + 1 + tables.length(right) > width then
    left = host_words(sampler, host.kernel:match("^[%d.]+%d") or host.kernel)
  end
  return spread(left, right, width)
end

local function cost_line(sampler, width)
  local left = ("BPF %.2f%% of a CPU, %s runs/s by %d of %d programs"):format(100 * sampler.cpu,
    units.count(sampler.runs or 0), sampler.running or 0, #sampler.rows)
  local room = math.min(40, width - tables.length(left) - 2)
  return left, room > 4 and sample.spark(sampler.history, room) or ""
end

--- The lines above a view.
---@param sampler table
---@param view table
---@param width integer
---@param paused boolean
---@return string[]
function head.lines(sampler, view, width, paused)
  local left, spark = cost_line(sampler, width)
  return {
    style.paint("title", host_line(sampler, width, paused)),
    tables.cut(left, width) .. (spark ~= "" and "  " .. style.paint("spark", spark) or ""),
    style.paint("bold", tables.cut(escape.terminal(view:title()), width)),
  }
end

return head
