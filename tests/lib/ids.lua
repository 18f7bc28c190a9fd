-- Prints object ids without opening an object: the runner calls it after every file. Run by
-- lunette.
local bpf = require("bpf")

for _, kind in ipairs({ "prog", "map", "link" }) do
  for _, id in ipairs(bpf.ids(kind) or {}) do print(kind .. " " .. id) end
end
