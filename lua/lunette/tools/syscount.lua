-- System calls counted, by call or by process, as bcc's syscount shows them.

local lunette = require("lunette")

local function by_process(values) return values.process end

return lunette.tool {
  name = "syscount", help = "Count system calls, by call or by process.",
  object = "syscount.bpf.o",
  params = {
    { "process", short = "P", type = "flag", set = "by_process", help = "Count by process." },
    { "latency", short = "L", type = "flag", help = "Count the time in the calls, too." },
    { "milliseconds", short = "m", type = "flag", set = false, help = "Print milliseconds." },
    { "failed", short = "x", type = "flag", help = "Count only calls that failed." },
    { "errno", short = "e", type = "integer", set = "target_errno",
      help = "Count only calls that failed with this number." },
    { "pid", short = "p", set = "target_pid", help = "Count this process only." },
    { "top", short = "T", default = 10, least = 1, set = false,
      help = "Print the N first rows." },
  },
  programs = function(values)
    return values.latency and { "call_begins", "call_ended" } or { "call_ended" }
  end,
  map = "counts",
  row = function(row, values)
    row.pid = values.process and row.key or nil
    row.syscall = not values.process and lunette.tools.names.syscall(row.key) or nil
    return row
  end,
  sort = function(values) return values.latency and "time" or "count" end,
  top = function(values) return values.top end,
  columns = {
    { "PID", "pid", when = by_process }, { "COMM", "comm", when = by_process },
    { "SYSCALL", "syscall", when = function(values) return not values.process end },
    { "COUNT", "count", align = "right" },
    { "TIME (us)", name = "time_us", align = "right", numeric = true,
      value = function(row) return row.time / 1000 end,
      when = function(values) return values.latency and not values.milliseconds end },
    { "TIME (ms)", name = "time_ms", align = "right", numeric = true,
      value = function(row) return row.time / 1000000 end,
      when = function(values) return values.latency and values.milliseconds end },
  },
}
