-- BTF objects: their number and memory.

local bpf = require("bpf")
local facts = require("lunette.metrics.facts")

local btf = {}

function btf.run(emit)
  local list = facts.listed(bpf.btfs { own = false })
  emit.family { name = "ebpf_btf_objects", help = "BTF objects, the kernel's own and programs'." }
  emit.family { name = "ebpf_btf_size_bytes", unit = "bytes", help = "Bytes of all BTF objects." }
  local sizes, counts = { kernel = 0, program = 0 }, { kernel = 0, program = 0 }
  for _, info in ipairs(list) do
    local kind = info.kernel and "kernel" or "program"
    counts[kind] = counts[kind] + 1
    sizes[kind] = sizes[kind] + (info.size or 0)
  end
  for kind, count in pairs(counts) do
    emit("ebpf_btf_objects", count, { kind = kind })
    emit("ebpf_btf_size_bytes", sizes[kind], { kind = kind })
  end
end

return btf
