-- All signals that the kernel delivers, as libbpf-tools' sigsnoop shows them.

local lunette = require("lunette")

return lunette.tool {
  name = "sigsnoop", help = "Trace all signals, those of the kernel and of terminals, too.",
  object = "killsnoop.bpf.o",
  params = {
    { "failed", short = "x", type = "flag", help = "Print only what failed." },
    { "pid", short = "p", set = "target_pid", help = "Trace signals of this sender only." },
    { "signal", short = "s", set = "target_signal", help = "Trace this signal only." },
    { "name", short = "n", type = "flag", set = false, help = "Print signals by name." },
  },
  programs = { "generated" },
  events = "events",
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 },
    { "SIG", name = "signal", width = 3, value = function(row, values)
      return values.name and lunette.tools.names.signal(row.signal) or row.signal
    end },
    { "TPID", "tpid", width = 7 }, { "RESULT", "ret", name = "result" },
  },
}
