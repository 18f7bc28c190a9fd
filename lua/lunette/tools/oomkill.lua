-- Processes that the kernel ends because memory is short, as bcc's oomkill shows them.

local bpf = require("bpf")
local lunette = require("lunette")

-- A tracepoint tells no name: it is that of the process, while it is there.
local function name_of(row)
  if row.victim_comm ~= "" then return row.victim_comm end
  local f <close> = io.open(("/proc/%d/comm"):format(row.victim))
  return f and f:read("l") or nil
end

return lunette.tool {
  name = "oomkill", help = "Trace processes that the kernel ends because memory is short.",
  object = "oomkill.bpf.o",
  alternatives = { { "kills" }, { "marks" } },
  events = "events",
  row = function(row)
    row.victim_comm = name_of(row)
    row.bytes = row.pages > 0 and row.pages * bpf.host().page_size or nil
    row.pages = row.pages > 0 and row.pages or nil
    return row
  end,
  columns = {
    { "TPID", "trigger", name = "trigger_pid", width = 7 },
    { "TCOMM", "trigger_comm", width = 16 },
    { "PID", "victim", name = "pid", width = 7 },
    { "COMM", "victim_comm", name = "comm", width = 16 },
    { "PAGES", "pages", align = "right" },
  },
  metrics = { { name = "oom_kills_total", help = "Processes ended because memory was short.",
    labels = { "victim_comm" } } },
}
