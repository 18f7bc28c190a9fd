-- lunette.topic(name): publish and subscribe between VMs and clients. A WebSocket or SSE handler
-- subscribes by conn:subscribe(name, tag); any script can publish.

local core = require("lunette.core.topic")

local topic = {}

local Topic = {}
Topic.__index = Topic

--- Sends plain data to every subscriber; each gets its own copy.
---@param value any
---@return integer count how many there are
function Topic:publish(value) return core.publish(self.name, value) end

--- The number of subscribers: with none, a publisher can skip its work.
---@return integer
function Topic:subscribers() return core.subscribers(self.name) end

--- The topic of that name.
---@param name string
function topic.open(name)
  if type(name) ~= "string" then error("topic: the name must be a string", 3) end
  return setmetatable({ name = name }, Topic)
end

return topic
