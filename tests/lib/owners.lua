-- Prints the processes that hold each object: "prog 7 1234", one line per owner. Run by lunette.
local bpf = require("bpf")

for _, owner in ipairs(bpf.owners() or {}) do
  print(("%s %d %d"):format(owner.kind, owner.id, owner.pid))
end
