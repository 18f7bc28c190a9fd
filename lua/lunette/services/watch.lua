-- The built-in service "watch": while someone subscribes to the topic "objects", it tells every
-- second which programs, maps, links and BTF objects came and went.

local bpf = require("bpf")
local lunette = require("lunette")

local PERIOD = 1.0 -- seconds between two looks
local IDLE = 0.5 -- the same while nobody subscribes

local KINDS = { prog = "program", map = "map", link = "link", btf = "btf" }

local function snapshot()
  local all = {}
  for kind in pairs(KINDS) do
    local set = {}
    for _, id in ipairs(bpf.ids(kind) or {}) do set[id] = true end
    all[kind] = set
  end
  return all
end

local function missing(from, other)
  local list = {}
  for id in pairs(from) do
    if not other[id] then list[#list + 1] = id end
  end
  table.sort(list)
  return list
end

local function tell(topic, before, after)
  for kind, name in pairs(KINDS) do
    local added, removed = missing(after[kind], before[kind]), missing(before[kind], after[kind])
    if #added > 0 or #removed > 0 then
      topic:publish { kind = name, added = added, removed = removed }
    end
  end
end

-- What was seen last was seen before anyone subscribed who is told the difference: so who
-- subscribes first and then asks for a list misses nothing in between.
lunette.service("watch", function(svc)
  local topic = lunette.topic("objects")
  local seen = snapshot()
  while svc:sleep(topic:subscribers() > 0 and PERIOD or IDLE) do
    local now = snapshot()
    if topic:subscribers() > 0 then tell(topic, seen, now) end
    seen = now
  end
end)
