-- A tool of your own: what processes write to their output, as it is written, in records of up to
-- 32 KB. Try it: lunette tool --script examples/tools/writesnoop.lua writesnoop -d 5

local lunette = require("lunette")

lunette.tool {
  name = "writesnoop", help = "Trace what processes write to their output.",
  object = "writesnoop.bpf.o",
  params = {
    { "pid", short = "p", set = "target_pid", help = "Trace this process only." },
    { "comm", short = "c", type = "text", set = false, help = "Print only this command." },
  },
  events = "events",
  keep = function(values)
    return values.comm and function(row) return row.comm == values.comm end
  end,
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 }, { "FD", "fd", width = 2 },
    { "SIZE", "size", width = 6 }, { "DATA", "data" },
  },
}
