-- Signals that processes send, as bcc's killsnoop shows them.

local lunette = require("lunette")

return lunette.tool {
  name = "killsnoop", help = "Trace signals that processes send by kill, tkill and tgkill.",
  object = "killsnoop.bpf.o",
  params = {
    { "failed", short = "x", type = "flag", help = "Print only what failed." },
    { "pid", short = "p", set = "target_pid", help = "Trace signals of this sender only." },
    { "signal", short = "s", set = "target_signal", help = "Trace this signal only." },
  },
  programs = { "kill_begins", "tkill_begins", "tgkill_begins", "kill_ended", "tkill_ended",
    "tgkill_ended" },
  events = "events",
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 }, { "SIG", "signal", width = 3 },
    { "TPID", "tpid", width = 7 }, { "RESULT", "ret", name = "result" },
  },
}
