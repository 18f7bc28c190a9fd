-- TCP sockets that begin to listen, as bcc's solisten shows them.

local lunette = require("lunette")
local tcp = require("lunette.tools.tcp")

return lunette.tool {
  name = "solisten", help = "Trace TCP sockets that begin to listen.",
  object = "tcp.bpf.o",
  params = { tcp.PID, tcp.FAMILY },
  set = tcp.set,
  programs = { "listens" },
  events = "events", record = tcp.RECORD,
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 },
    { "PROTO", name = "protocol", value = function(row) return "TCPv" .. tcp.ip(row) end },
    { "BACKLOG", "backlog", width = 7 }, { "PORT", "local_port", name = "port", width = 5 },
    { "ADDR", name = "address", value = tcp.local_address },
  },
}
