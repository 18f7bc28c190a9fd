-- Processes that end, as bcc's exitsnoop shows them.

local lunette = require("lunette")

local function reason(row)
  local signal, status = row.code & 0x7f, row.code >> 8 & 0xff
  if signal > 0 then
    return ("signal %d (%s)"):format(signal, lunette.tools.names.signal(signal):gsub("^SIG", ""))
  end
  return status == 0 and "0" or ("code %d"):format(status)
end

return lunette.tool {
  name = "exitsnoop", help = "Trace processes that end, with their age and the reason.",
  object = "exitsnoop.bpf.o",
  params = {
    { "failed", short = "x", type = "flag", help = "Trace only what ended otherwise than by 0." },
    { "pid", short = "p", set = "target_pid", help = "Trace this process only." },
    { "threads", short = "T", type = "flag", help = "Trace each thread." },
  },
  events = "events",
  columns = {
    { "PCOMM", "comm", width = 16 }, { "PID", "pid", width = 7 }, { "PPID", "ppid", width = 7 },
    { "TID", "tid", width = 7 },
    { "AGE(s)", name = "age", width = 9, numeric = true,
      value = function(row) return row.age // 10000000 / 100 end },
    { "EXIT_CODE", name = "exit_code", value = reason },
  },
  metrics = { { name = "exits_total", help = "Processes that ended, by name.",
    labels = { "comm" } } },
}
