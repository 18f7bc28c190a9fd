-- Requests of disks, as bcc's biosnoop shows them.

local lunette = require("lunette")

-- The tracepoint that tells who makes a request is there from Linux 6.5 on. Before it, the task
-- that issues the request stands for it.
local function disk(values)
  if not values.disk then return {} end
  local number = lunette.tools.names.disk_number(values.disk)
  if not number then error(("disk: there is no '%s'"):format(values.disk), 0) end
  return { target_disk = number }
end

return lunette.tool {
  name = "biosnoop", help = "Trace requests of disks, with their latency.",
  object = "biosnoop.bpf.o",
  params = {
    { "disk", short = "D", type = "text", set = false, help = "Trace this disk only." },
    { "queue", short = "Q", type = "flag", set = false,
      help = "Print the time in the queue, too." },
  },
  set = disk,
  alternatives = { { "made" }, {} },
  events = "events",
  columns = {
    { "TIME(s)", name = "time_s", width = 11, numeric = true,
      value = function(row) return row.time // 1000 / 1000000 end },
    { "COMM", "comm", width = 14 }, { "PID", "pid", width = 7 },
    { "DISK", name = "disk", width = 7,
      value = function(row) return lunette.tools.names.disk(row.dev) end },
    { "T", "kind", width = 3 }, { "SECTOR", "sector", width = 10 },
    { "BYTES", "bytes", width = 7 },
    { "QUE(ms)", name = "queued_ms", width = 7, numeric = true,
      value = function(row) return row.queued // 1000 / 1000 end,
      when = function(values) return values.queue end },
    { "LAT(ms)", name = "latency_ms", width = 7, numeric = true,
      value = function(row) return row.latency // 1000 / 1000 end },
  },
}
