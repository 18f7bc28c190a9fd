-- TCP: changes of state by name, and segments that were sent again.

local lunette = require("lunette")
local metrics = lunette.metrics

local STATES = { "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
  "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV" }

lunette.load("tcp", "tcp.bpf.o")

metrics.map {
  name = "tcp_state_changes_total", type = "counter",
  help = "Changes of state of TCP sockets.",
  match = { name = "tcp_changes" },
  labels = { from = { "key.from", { "static_map", STATES } },
    to = { "key.to", { "static_map", STATES } } },
}

metrics.map {
  name = "tcp_retransmits_total", type = "counter",
  help = "TCP segments sent again, by remote port.",
  match = { name = "tcp_again" },
  labels = { port = "key" },
  top = 50,
}
