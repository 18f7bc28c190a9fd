-- lunette.topic(name): publish and subscribe between VMs and clients. Whoever serves a
-- WebSocket or SSE subscribes by conn:subscribe(name, tag); anyone publishes.

local core = require("lunette.core.topic")

local topic = {}

local Topic = {}
Topic.__index = Topic

--- Sends plain data to every subscriber; each gets a copy of its own.
---@param value any
---@return integer count how many there are
function Topic:publish(value) return core.publish(self.name, value) end

--- How many subscribe now: nobody needs to make what nobody reads.
---@return integer
function Topic:subscribers() return core.subscribers(self.name) end

--- The topic of that name.
---@param name string
function topic.open(name)
  if type(name) ~= "string" then error("topic: the name must be a string", 3) end
  return setmetatable({ name = name }, Topic)
end

return topic
