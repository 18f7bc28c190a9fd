-- Objects that seem forgotten: kept alive, and of no use to anyone that can be seen.

local leaks = {}

-- What keeps a program alive besides descriptors: links, pins, slots of program arrays.
local function holders(k, prog)
  return {
    owners = #k:owners_of("prog", prog.id),
    links = #k:having("link", "prog_id", prog.id),
    pins = #k:pins_of("prog", prog.id),
    tasks = #k:tasks_of(prog.id),
  }
end

local function program_leak(k, prog)
  local held = holders(k, prog)
  if held.links > 0 or held.tasks > 0 or held.owners > 0 then return nil end
  if held.pins == 0 then return nil end
  return "pinned, but attached nowhere that a link tells, and held by no process"
end

local function link_leak(k, link)
  if #k:owners_of("link", link.id) > 0 or #k:pins_of("link", link.id) > 0 then return nil end
  return "held by no process and pinned nowhere"
end

local function map_leak(k, map)
  if #k:users(map.id) > 0 or #k:owners_of("map", map.id) > 0 then return nil end
  if #k:pins_of("map", map.id) > 0 then
    return "pinned, but no program uses it and no process holds it"
  end
  return "no program uses it, no process holds it and it is pinned nowhere"
end

local function collect(k, kind, judge, list)
  for _, info in ipairs(k:list(kind)) do
    local why = not info.own and judge(k, info)
    if why then
      list[#list + 1] =
        { kind = kind, id = info.id, name = info.name, why = why, memory = info.memlock }
    end
  end
end

--- Everything that seems forgotten, with a sentence why.
---@param k table
---@return table[]
function leaks.list(k)
  local list = {}
  collect(k, "prog", program_leak, list)
  collect(k, "map", map_leak, list)
  collect(k, "link", link_leak, list)
  return list
end

return leaks
