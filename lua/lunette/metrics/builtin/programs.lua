-- Programs' costs, under the kernel's own names where it has some.

local bpf = require("bpf")
local facts = require("lunette.metrics.facts")

local programs = {}

local COUNTERS = {
  { "ebpf_program_runs_total", "run_cnt", "Times the program ran, while statistics are on." },
  { "ebpf_program_run_time_seconds_total", "run_time_ns",
    "Time the program ran, while statistics are on.", 1e9, "seconds" },
  { "ebpf_program_recursion_misses_total", "recursion_misses",
    "Times the program did not run because it was running." },
}

local GAUGES = {
  { "ebpf_program_memory_bytes", "memlock", "Memory that the program takes.", "bytes" },
  { "ebpf_program_verified_instructions", "verified_insns",
    "Instructions that the verifier went through." },
}

local function families(emit)
  for _, c in ipairs(COUNTERS) do
    emit.family { name = c[1], type = "counter", help = c[3], unit = c[5] }
  end
  for _, g in ipairs(GAUGES) do
    emit.family { name = g[1], type = "gauge", help = g[3], unit = g[4] }
  end
end

function programs.run(emit)
  local list = facts.listed(bpf.progs { own = false })
  families(emit)
  for _, prog in ipairs(list) do
    local labels = { id = prog.id, name = prog.name, type = prog.type }
    for _, c in ipairs(COUNTERS) do
      local value = prog[c[2]]
      if value then emit(c[1], c[4] and value / c[4] or value, labels) end
    end
    for _, g in ipairs(GAUGES) do
      if prog[g[2]] then emit(g[1], prog[g[2]], labels) end
    end
    emit { name = "ebpf_program", type = "info", help = "What the program is.",
      labels = { id = prog.id, name = prog.name, type = prog.type, tag = prog.tag,
        uid = prog.uid } }
  end
end

return programs
