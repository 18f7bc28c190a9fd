-- TCP segments that are sent again, as bcc's tcpretrans shows them.

local lunette = require("lunette")
local tcp = require("lunette.tools.tcp")

return lunette.tool {
  name = "tcpretrans", help = "Trace TCP segments that are sent again.",
  object = "tcp.bpf.o",
  params = { tcp.FAMILY },
  set = tcp.set,
  programs = { "sends_again" },
  events = "events", record = tcp.RECORD,
  columns = {
    { "PID", "pid", width = 7 }, { "IP", name = "ip", value = tcp.ip, numeric = true },
    { "LADDR", name = "local_address", value = tcp.local_address, width = 15 },
    { "LPORT", "local_port", width = 5 },
    { "RADDR", name = "remote_address", value = tcp.remote_address, width = 15 },
    { "RPORT", "remote_port", width = 5 },
    { "STATE", name = "state",
      value = function(row) return lunette.tools.names.tcp_state(row.after) end },
  },
}
