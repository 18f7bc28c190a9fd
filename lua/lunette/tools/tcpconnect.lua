-- TCP connections that processes begin, as bcc's tcpconnect shows them.

local lunette = require("lunette")
local tcp = require("lunette.tools.tcp")

return lunette.tool {
  name = "tcpconnect", help = "Trace TCP connections that processes begin.",
  object = "tcp.bpf.o",
  params = { tcp.PID, tcp.FAMILY, tcp.REMOTE_PORT },
  set = tcp.set,
  programs = { "connects" },
  events = "events", record = tcp.RECORD,
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 },
    { "IP", name = "ip", value = tcp.ip, numeric = true },
    { "SADDR", name = "local_address", value = tcp.local_address, width = 15 },
    { "DADDR", name = "remote_address", value = tcp.remote_address, width = 15 },
    { "DPORT", "remote_port", width = 5 },
  },
  metrics = { { name = "tcp_connects_total", help = "TCP connections begun, by process and port.",
    labels = { "comm", "remote_port" } } },
}
