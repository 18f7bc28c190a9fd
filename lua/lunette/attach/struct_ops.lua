-- struct_ops maps: the kernel functions that their programs replace.

local bpf = require("bpf")
local btf = require("lunette.decode.btf")

local struct_ops = {}

local STATES = {
  BPF_STRUCT_OPS_STATE_INUSE = "registered", BPF_STRUCT_OPS_STATE_READY = "ready",
  BPF_STRUCT_OPS_STATE_TOBEFREE = "unregistered", BPF_STRUCT_OPS_STATE_INIT = "not registered",
}

local function value_of(info, plan)
  local opened = bpf.map(info.id)
  if not opened then return nil end
  local map <close> = opened
  local cursor <close> = map:cursor { raw = true }
  local _, value = cursor:next() -- such a map has one entry
  return value and plan:decode(value)
end

-- The members of the struct that are programs, by name.
local function members(data)
  local list = {}
  for name, value in pairs(data) do
    local id = type(value) == "string" and value:match("%((%d+)%)$")
    if id then list[#list + 1] = { name = name, prog_id = math.tointeger(tonumber(id)) } end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- A struct_ops map's kernel type, state, and members by name; nil when the kernel's BTF lacks the
--- type.
---@param info bpf.MapInfo
---@return { type: string, state: string?, members: { name: string, prog_id: integer }[] }|nil
function struct_ops.read(info)
  local plans = btf.plans(info)
  local value = plans.value and value_of(info, plans.value)
  if type(value) ~= "table" or type(value.data) ~= "table" then return nil end
  local state = value.common and value.common.state or value.state
  return {
    type = (plans.name or ""):gsub("^bpf_struct_ops_", ""), state = STATES[state],
    members = members(value.data),
  }
end

--- Adds a row for each program of a map that is registered, directly or by a link.
---@param rows lunette.Attachment[]
---@param info bpf.MapInfo
---@param base table fields of each row: how, and link_id where there is one
---@return boolean added
function struct_ops.add(rows, info, base)
  local found = struct_ops.read(info)
  if not found or not (base.link_id or found.state == "registered") then return false end
  local whole = ("%s %s (map %d)"):format(found.type, info.name, info.id)
  for _, member in ipairs(found.members) do
    local row = {
      kind = "struct_ops", prog_id = member.prog_id, map_id = info.id, member = member.name,
      struct = found.type, link_target = base.link_id and whole,
      target = ("%s of %s %s (map %d)"):format(member.name, found.type,
        info.full_name or info.name, info.id),
    }
    for key, value in pairs(base) do row[key] = value end
    rows[#rows + 1] = row
  end
  return #found.members > 0
end

return struct_ops
