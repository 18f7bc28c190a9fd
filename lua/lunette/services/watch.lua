-- The built-in service "watch": while the topic "objects" has subscribers, it publishes every
-- second the programs, maps, links and BTF objects that were made or freed.

local bpf = require("bpf")
local lunette = require("lunette")

local PERIOD = 1.0 -- seconds between two reads of the lists
local IDLE = 0.5 -- seconds between two checks for subscribers

local KINDS = { prog = "program", map = "map", link = "link", btf = "btf" }

local NONE = {}

local function snapshot()
  local all = {}
  for kind in pairs(KINDS) do all[kind] = bpf.ids(kind) or NONE end
  return all
end

-- The ids that only one of two sorted lists has: added, removed.
local function difference(before, after)
  local added, removed, at = {}, {}, 1
  for _, id in ipairs(after) do
    while before[at] and before[at] < id do
      removed[#removed + 1] = before[at]
      at = at + 1
    end
    if before[at] == id then at = at + 1 else added[#added + 1] = id end
  end
  table.move(before, at, #before, #removed + 1, removed)
  return added, removed
end

local function tell(topic, before, after)
  for kind, name in pairs(KINDS) do
    local added, removed = difference(before[kind], after[kind])
    if #added > 0 or #removed > 0 then
      topic:publish { kind = name, added = added, removed = removed }
    end
  end
end

-- The first list is read before a subscriber gets its first difference, so a client that first
-- subscribes and then asks for a list misses nothing.
lunette.service("watch", function(svc)
  local topic = lunette.topic("objects")
  local seen = snapshot()
  while svc:sleep(topic:subscribers() > 0 and PERIOD or IDLE) do
    local now = snapshot()
    if topic:subscribers() > 0 then tell(topic, seen, now) end
    seen = now
  end
end)
