-- Parses lines of the trace pipe: task, pid, CPU, time, event, text.

local trace = {}

--- Parses one line: "    task-123   [001] d..2.   12.345678: bpf_trace_printk: text". Any other
--- line (a loss, a header) gives its text alone.
---@class lunette.TraceLine
---@field task? string
---@field pid? integer
---@field cpu? integer
---@field flags? string
---@field time? number seconds since boot
---@field event? string "bpf_trace_printk" for bpf_printk
---@field text string

---@param line string
---@return lunette.TraceLine
function trace.line(line)
  local task, pid, cpu, flags, time, event, text =
    line:match("^%s*(.-)%-(%d+)%s+%[(%d+)%]%s+(%S+)%s+(%d+%.%d+): ([%w_]+): ?(.*)$")
  if not task then return { text = line } end
  return {
    task = task, pid = math.tointeger(pid), cpu = math.tointeger(cpu), flags = flags,
    time = tonumber(time), event = event, text = text,
  }
end

--- Parses the lines of a text from log:read().
---@param text string
---@return table[]
function trace.lines(text)
  local lines = {}
  for line in text:gmatch("([^\n]+)\n?") do lines[#lines + 1] = trace.line(line) end
  return lines
end

return trace
