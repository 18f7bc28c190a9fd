-- The built-in service "watch": while someone subscribes to the topic "objects", it tells every
-- second which programs, maps, links and BTF objects came and went.

local bpf = require("bpf")
local lunette = require("lunette")

local PERIOD = 1.0 -- seconds between two looks
local IDLE = 0.25 -- seconds between looks whether anyone subscribes

local KINDS = { prog = "program", map = "map", link = "link", btf = "btf" }

local function snapshot(kind)
  local set = {}
  for _, id in ipairs(bpf.ids(kind) or {}) do set[id] = true end
  return set
end

local function missing(from, other)
  local list = {}
  for id in pairs(from) do
    if not other[id] then list[#list + 1] = id end
  end
  table.sort(list)
  return list
end

-- Publishes what changed of one kind, and returns how it is now.
local function look(topic, kind, before)
  local after = snapshot(kind)
  local added, removed = missing(after, before), missing(before, after)
  if #added > 0 or #removed > 0 then
    topic:publish { kind = KINDS[kind], added = added, removed = removed }
  end
  return after
end

local function follow(svc, topic)
  local seen = {}
  for kind in pairs(KINDS) do seen[kind] = snapshot(kind) end
  while topic:subscribers() > 0 do
    if not svc:sleep(PERIOD) then return end
    for kind in pairs(KINDS) do seen[kind] = look(topic, kind, seen[kind]) end
  end
end

lunette.service("watch", function(svc)
  local topic = lunette.topic("objects")
  repeat
    if topic:subscribers() > 0 then follow(svc, topic) end
  until not svc:sleep(IDLE)
end)
