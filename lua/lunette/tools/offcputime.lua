-- Where tasks wait, as bcc's offcputime shows it: folded stacks and microseconds.

local lunette = require("lunette")
local stacks = require("lunette.tools.stacks")

return lunette.tool {
  name = "offcputime", help = "Sum the time off the CPUs by stack, as folded lines.",
  object = "stacks.bpf.o",
  params = {
    stacks.PID, stacks.KERNEL, stacks.USER,
    { "least", short = "m", default = 1, set = false, help = "Leave out waits below N us." },
    { "most", short = "M", set = false, help = "Leave out waits above N us." },
  },
  set = function(values)
    return { least = values.least * 1000, most = values.most and values.most * 1000 }
  end,
  programs = { "switched" },
  map = "counts", view = "folded", row = stacks.row,
  columns = { { "STACK", "stack" }, { "US", name = "us", numeric = true,
    value = function(row) return row.time // 1000 end } },
}
