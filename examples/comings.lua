-- Says which programs and maps come and go: lunette run examples/comings.lua [SECONDS]

local bpf = require("bpf")
local tty = require("lunette.core.tty")

local INFO = { prog = bpf.prog_info, map = bpf.map_info }

local function ids(kind)
  local set = {}
  for _, id in ipairs(assert(bpf.ids(kind))) do set[id] = true end
  return set
end

-- Prints what is in `new` and not in `old`. An object may be gone before it is looked at.
local function report(sign, kind, new, old)
  for id in pairs(new) do
    if not old[id] then
      local info = INFO[kind](id)
      print(("%s %s %d %s"):format(sign, kind, id, info and info.type .. " " .. info.name or ""))
    end
  end
end

local before = { prog = ids("prog"), map = ids("map") }
for _ = 1, (tonumber(arg[1]) or 1) * 10 do
  tty.sleep(0.1)
  for _, kind in ipairs { "prog", "map" } do
    local now = ids(kind)
    report("+", kind, now, before[kind])
    report("-", kind, before[kind], now)
    before[kind] = now
  end
end
