-- dev-agent's metrics under its names, so that its dashboards keep working. All are gauges.

local bpf = require("bpf")
local entries = require("lunette.metrics.entries")
local etm = require("lunette.metrics.etm")
local facts = require("lunette.metrics.facts")
local names = require("lunette.names")

local devagent = {}

local FAMILIES = {
  { "devagent_ebpf_prog_count", "Number of eBPF programs" },
  { "devagent_ebpf_prog_run_count", "Number of times an eBPF program has been run" },
  { "devagent_ebpf_prog_run_time", "Total time spent running eBPF programs" },
  { "devagent_ebpf_map_count", "Number of eBPF maps" },
  { "devagent_ebpf_map_entry_count", "Number of entries in an eBPF map" },
}

local function emit_by_type(emit, name, list, type_name)
  local counts = {}
  for _, info in ipairs(list) do
    local kind = type_name(info.type)
    counts[kind] = (counts[kind] or 0) + 1
  end
  for kind, count in pairs(counts) do emit(name, count, { type = kind }) end
end

local function emit_program(emit, prog)
  local labels = { id = prog.id, name = prog.name, tag = prog.tag, type = names.prog(prog.type) }
  emit("devagent_ebpf_prog_run_count", prog.run_cnt, labels)
  emit("devagent_ebpf_prog_run_time", prog.run_time_ns / 1e9, labels)
end

-- Entry counts of the exported maps.
local function emit_entries(emit, maps)
  local count
  for _, info in ipairs(maps) do
    if etm.exports(info) then
      count = count or entries.counter()
      local held = count(info, true)
      if held then
        emit("devagent_ebpf_map_entry_count", held,
          { id = info.id, name = info.name, type = names.map(info.type) })
      end
    end
  end
end

function devagent.run(emit)
  for _, family in ipairs(FAMILIES) do emit.family { name = family[1], help = family[2] } end
  local progs = facts.listed(bpf.progs { own = false })
  local maps = facts.listed(bpf.maps { own = false })
  emit_by_type(emit, "devagent_ebpf_prog_count", progs, names.prog)
  emit_by_type(emit, "devagent_ebpf_map_count", maps, names.map)
  for _, prog in ipairs(progs) do emit_program(emit, prog) end
  emit_entries(emit, maps)
end

return devagent
