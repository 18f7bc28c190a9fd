-- Slow operations of file systems, as libbpf-tools' fsslower and bcc's ext4slower show them.

local files = require("lunette.tools.files")
local lunette = require("lunette")

return lunette.tool {
  name = "fsslower", help = "Trace reads, writes, opens and syncs of files that are slow.",
  object = "files.bpf.o",
  params = {
    files.LEAST, files.PID,
    { "type", short = "t", type = "text", set = false,
      help = "Trace this file system only: ext4, xfs, btrfs, nfs, overlay …" },
  },
  programs = files.ALL,
  set = function(values) return { least_ns = math.tointeger(values.min * 1e6 // 1) } end,
  events = "events",
  keep = function(values)
    return values.type and function(row) return row.fs == values.type end
  end,
  columns = {
    { "COMM", "comm", width = 16 }, { "PID", "pid", width = 7 },
    { "T", name = "kind", value = files.kind, width = 1 },
    { "BYTES", "bytes", width = 7, align = "right" },
    { "OFF_KB", name = "offset_kb", value = function(row) return row.offset // 1024 end, width = 8,
      align = "right", numeric = true },
    { "LAT(ms)", name = "latency_ms", value = files.latency, width = 8, align = "right",
      numeric = true },
    { "FS", "fs", width = 8 }, { "FILENAME", "name" },
  },
}
