-- How long tasks run at a time, or stay off the CPUs, as bcc's cpudist shows it.

local lunette = require("lunette")

return lunette.tool {
  name = "cpudist", help = "Show how long tasks run at a time, or wait, as a histogram.",
  object = "cpudist.bpf.o",
  params = {
    { "offcpu", short = "O", type = "flag", set = "off", help = "Count the time off the CPU." },
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
