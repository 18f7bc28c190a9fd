-- Facts for labels: about the map, its programs and its holders.

local bpf = require("bpf")
local decode_facts = require("lunette.decode.facts")
local names = require("lunette.names")

local facts = {}

--- Returns a list from the kernel; raises the reason when it could not be read, so that it is not
--- taken for empty.
---@param list table|nil
---@param err? string "listing maps: Operation not permitted"
---@return table
function facts.listed(list, err) return list or error(err, 0) end

-- The distinct values of a field in a list, joined: a map may have many programs.
local function joined(list, field)
  local seen, values = {}, {}
  for _, item in ipairs(list) do
    local text = tostring(item[field])
    if not seen[text] then
      seen[text] = true
      values[#values + 1] = text
    end
  end
  table.sort(values)
  return table.concat(values, ",")
end

local function programs_of(info)
  local list = {}
  for _, prog in ipairs(facts.listed(bpf.progs())) do
    for _, id in ipairs(prog.map_ids) do
      if id == info.id then list[#list + 1] = prog end
    end
  end
  return list
end

local readers = {
  ["map.id"] = function(info) return tostring(info.id) end,
  ["map.name"] = function(info) return info.name end,
  ["map.full_name"] = function(info) return names.of(info) end,
  ["map.type"] = function(info) return names.map(info.type) end,
  ["map.kernel_type"] = function(info) return info.type end,
  ["program.id"] = function(info) return joined(programs_of(info), "id") end,
  ["program.name"] = function(info) return joined(programs_of(info), "name") end,
  ["program.type"] = function(info) return joined(programs_of(info), "type") end,
  ["owner.pid"] = function(info) return joined(decode_facts.owners(info.id), "pid") end,
  ["owner.comm"] = function(info) return joined(decode_facts.owners(info.id), "comm") end,
}

--- The fact as text.
---@param fact string "map.id", "program.name", …
---@param info MapInfo
---@return string
function facts.text(fact, info) return readers[fact](info) end

return facts
