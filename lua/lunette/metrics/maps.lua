-- Finds the maps of a rule.

local bpf = require("bpf")
local facts = require("lunette.decode.facts")
local match = require("lunette.decode.match")

local maps = {}

--- The maps that a rule's match accepts, by id.
---@param rule table
---@param all MapInfo[] all maps there are
---@return MapInfo[] list, table<string, true> problems
function maps.of(rule, all)
  local list, problems = {}, {}
  for _, info in ipairs(all) do
    local weight, problem = match.weigh(rule.match, info, facts)
    if weight then list[#list + 1] = info end
    if not weight and problem then problems[problem] = true end
  end
  return list, problems
end

--- Opens a map. nil without an error when it has been removed since it was listed.
---@param info MapInfo
---@return Map|nil map, string? err
function maps.open(info)
  local map, err, errno = bpf.map(info.id)
  if map or errno == 2 then return map end -- ENOENT
  return nil, err
end

return maps
