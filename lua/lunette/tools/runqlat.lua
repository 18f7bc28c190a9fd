-- How long tasks waited for a CPU, as bcc's runqlat shows it.

local lunette = require("lunette")

return lunette.tool {
  name = "runqlat", help = "Show how long tasks wait for a CPU, as a histogram.",
  object = "runqlat.bpf.o",
  params = {
    { "milliseconds", short = "m", type = "flag", help = "Count in milliseconds." },
    { "pid", short = "p", set = "target_pid", help = "Count this process only." },
    { "process", short = "P", type = "flag", set = "by_process",
      help = "A histogram a process." },
    { "thread", short = "L", type = "flag", set = "by_thread", help = "A histogram a thread." },
  },
  map = "histograms", view = "histogram",
  unit = function(values) return values.milliseconds and "ms" or "us" end,
  row = function(row)
    if row.id > 0 then row.label = ("%s %d"):format(row.comm, row.id) end
    return row
  end,
}
