-- Objects that seem forgotten, of what a request has read.

local find = require("lunette.leaks").find

local leaks = {}

local function inner(k)
  return function(map)
    local ids = {}
    for i, slot in ipairs(k:slots(map)) do ids[i] = slot.id end
    return ids
  end
end

--- Everything that seems forgotten, with a sentence why.
---@param k table
---@return table[]
function leaks.list(k)
  return find {
    progs = k:list("prog"), maps = k:list("map"), links = k:list("link"), owners = k:owners(),
    pins = k:pins(), attachments = k:attachments(), inner = inner(k),
    now = math.tointeger((k:now() - k:boot_time()) * 1000000000 // 1),
  }
end

return leaks
