-- The programs that cost most CPU time, with what holds them: five at a time, so that a host with
-- thousands of programs stays cheap to scrape.

local bpf = require("bpf")
local lunette = require("lunette")

local TOP = 5

-- Who holds each program: "systemd,lunette".
local function holders()
  local by_id = {}
  for _, owner in ipairs(bpf.owners() or {}) do
    if owner.kind == "prog" then
      local names = by_id[owner.id] or {}
      by_id[owner.id] = names
      names[owner.comm] = true
    end
  end
  return by_id
end

local function joined(set)
  local list = {}
  for name in pairs(set or {}) do list[#list + 1] = name end
  table.sort(list)
  return table.concat(list, ",")
end

lunette.service("top_programs", function(svc)
  -- The kernel counts while somebody holds this open.
  local stats <close> = assert(bpf.stats())
  while svc:sleep(60) do end
  return stats
end)

lunette.metrics.collect("top_programs", function(emit)
  local progs = bpf.progs { own = false }
  table.sort(progs, function(a, b)
    if a.run_time_ns ~= b.run_time_ns then return a.run_time_ns > b.run_time_ns end
    return a.id < b.id
  end)
  emit.family { name = "top_program_seconds_total", type = "counter", unit = "seconds",
    help = "CPU time of the costliest BPF programs." }
  local names = holders()
  for i = 1, math.min(TOP, #progs) do
    local prog = progs[i]
    emit("top_program_seconds_total", prog.run_time_ns / 1e9, { id = prog.id, name = prog.name,
      type = prog.type, holders = joined(names[prog.id]) })
  end
end)
