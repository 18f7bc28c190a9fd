-- Which maps hold the most memory: lunette run examples/memory.lua [HOW MANY]

local bpf = require("bpf")

local maps, err = bpf.maps()
if not maps then error(err, 0) end
table.sort(maps, function(a, b)
  if a.memlock ~= b.memlock then return a.memlock > b.memlock end
  return a.id < b.id
end)

local total = 0
for _, map in ipairs(maps) do total = total + map.memlock end
print(("%d maps hold %.1f KiB"):format(#maps, total / 1024))
for i = 1, math.min(#maps, tonumber(arg[1]) or 10) do
  local map = maps[i]
  print(("%10.1f KiB  %5d  %-16s %s"):format(map.memlock / 1024, map.id, map.type, map.name))
end
