-- TCP connections that are begun, accepted and closed, as bcc's tcptracer shows them.

local lunette = require("lunette")
local tcp = require("lunette.tools.tcp")

return lunette.tool {
  name = "tcptracer", help = "Trace TCP connections: begun, accepted, closed.",
  object = "tcp.bpf.o",
  params = { tcp.PID, tcp.FAMILY, tcp.LOCAL_PORT, tcp.REMOTE_PORT },
  set = tcp.set,
  programs = { "traces", "accept_ended", "accept4_ended" },
  events = "events", record = tcp.RECORD,
  row = function(row)
    row.kind = string.char(row.backlog)
    return row
  end,
  columns = {
    { "T", "kind", width = 1 }, { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 },
    { "IP", name = "ip", value = tcp.ip, numeric = true },
    { "SADDR", name = "local_address", value = tcp.local_address, width = 15 },
    { "DADDR", name = "remote_address", value = tcp.remote_address, width = 15 },
    { "SPORT", "local_port", width = 5 }, { "DPORT", "remote_port", width = 5 },
  },
  metrics = { { name = "tcp_connections_total",
    help = "TCP connections begun (C), accepted (A) and closed (X), by process.",
    labels = { "kind", "comm" } } },
}
