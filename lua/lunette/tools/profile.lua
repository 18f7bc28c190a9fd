-- Where programs spend CPU time, as bcc's profile shows it: folded stacks.

local lunette = require("lunette")
local stacks = require("lunette.tools.stacks")

local CPU_CLOCK <const> = { type = 1, config = 0 } -- software, also in virtual machines

return lunette.tool {
  name = "profile", help = "Sample stacks on the CPUs, as folded lines for flame graphs.",
  object = "stacks.bpf.o",
  params = {
    { "frequency", short = "F", default = 49, least = 1, most = 10000, set = false,
      help = "Take N samples a second on each CPU." },
    stacks.PID, stacks.KERNEL, stacks.USER,
  },
  programs = { "sampled" },
  attach = function(object, values)
    return object:attach("sampled", { perf_event = { type = CPU_CLOCK.type,
      config = CPU_CLOCK.config, frequency = values.frequency } })
  end,
  map = "counts", view = "folded", row = stacks.row,
  columns = { { "STACK", "stack" }, { "COUNT", "samples", name = "count" } },
}
