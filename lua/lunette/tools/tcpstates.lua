-- TCP sockets that change their state, as bcc's tcpstates shows them.

local lunette = require("lunette")
local tcp = require("lunette.tools.tcp")

local function state(field)
  return function(row) return lunette.tools.names.tcp_state(row[field]) end
end

return lunette.tool {
  name = "tcpstates", help = "Trace changes of TCP's states, with the time in the state before.",
  object = "tcp.bpf.o",
  params = { tcp.FAMILY, tcp.LOCAL_PORT, tcp.REMOTE_PORT },
  set = tcp.set,
  programs = { "state_changed" },
  events = "events", record = tcp.RECORD,
  columns = {
    { "SKADDR", name = "socket", width = 16,
      value = function(row) return ("%x"):format(row.socket) end },
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 },
    { "IP", name = "ip", value = tcp.ip, numeric = true },
    { "LADDR", name = "local_address", value = tcp.local_address, width = 15 },
    { "LPORT", "local_port", width = 5 },
    { "RADDR", name = "remote_address", value = tcp.remote_address, width = 15 },
    { "RPORT", "remote_port", width = 5 },
    { "OLDSTATE", name = "old_state", value = state("before"), width = 11 },
    { "NEWSTATE", name = "new_state", value = state("after"), width = 11 },
    { "MS", name = "ms", numeric = true,
      value = function(row) return row.lasted // 1000 / 1000 end },
  },
}
