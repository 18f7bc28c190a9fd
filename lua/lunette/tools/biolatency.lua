-- How long requests of disks take, as bcc's biolatency shows it.

local lunette = require("lunette")

return lunette.tool {
  name = "biolatency", help = "Show how long requests of disks take, as a histogram.",
  object = "biolatency.bpf.o",
  params = {
    { "disks", short = "D", type = "flag", set = "by_disk", help = "A histogram a disk." },
    { "queue", short = "Q", type = "flag", set = "queued",
      help = "Count the time in the queue, too." },
    { "milliseconds", short = "m", type = "flag", help = "Count in milliseconds." },
  },
  alternatives = { { "made" }, {} },
  map = "histograms", view = "histogram",
  unit = function(values) return values.milliseconds and "ms" or "us" end,
  row = function(row, values)
    if values.disks then row.label = lunette.tools.names.disk(row.id) end
    return row
  end,
}
