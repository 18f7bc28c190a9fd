-- Signals sent, by name and by whom they reach.

local bpf = require("bpf")
local lunette = require("lunette")
local metrics = lunette.metrics

local SIGNALS = { "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
  "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
  "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS" }

lunette.service("signals", function(svc)
  local object <close> = assert(bpf.load(lunette.path("signals.bpf.o")))
  assert(object:attach())
  while svc:sleep(60) do end
end)

metrics.map {
  name = "signals_total", type = "counter", help = "Signals sent, by receiver.",
  match = { name = "signals_sent" },
  labels = { comm = "key.comm", signal = { "key.signal", { "static_map", SIGNALS } } },
  top = 50,
}
