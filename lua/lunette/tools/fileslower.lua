-- Slow reads and writes of files, as bcc's fileslower shows them.

local files = require("lunette.tools.files")
local lunette = require("lunette")

return lunette.tool {
  name = "fileslower", help = "Trace reads and writes of files that are slow.",
  object = "files.bpf.o",
  params = {
    files.LEAST, files.PID,
    { "all_files", short = "a", type = "flag", help = "Trace pipes and devices, too." },
  },
  programs = files.PROGRAMS,
  set = function(values) return { least_ns = math.tointeger(values.min * 1e6 // 1) } end,
  events = "events",
  columns = {
    { "COMM", "comm", width = 16 }, { "TID", "tid", width = 7 },
    { "D", name = "kind", value = files.kind, width = 1 },
    { "BYTES", "bytes", width = 7, align = "right" },
    { "LAT(ms)", name = "latency_ms", value = files.latency, width = 8, align = "right",
      numeric = true },
    { "FILENAME", "name" },
  },
}
