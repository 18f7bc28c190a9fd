-- Signals sent, by name and by whom they reach.

local lunette = require("lunette")
local metrics = lunette.metrics

local SIGNALS = { "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
  "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
  "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS" }

lunette.load("signals", "signals.bpf.o")

metrics.map {
  name = "signals_total", type = "counter", help = "Signals sent, by receiver.",
  match = { name = "signals_sent" },
  labels = { comm = "key.comm", signal = { "key.signal", { "static_map", SIGNALS } } },
  top = 50,
}
