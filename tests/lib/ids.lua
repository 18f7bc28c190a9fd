-- Ids alone, and no object opened: the runner asks after every file. Run by lunette.
local bpf = require("bpf")

for _, kind in ipairs({ "prog", "map", "link" }) do
  for _, id in ipairs(bpf.ids(kind) or {}) do print(kind .. " " .. id) end
end
