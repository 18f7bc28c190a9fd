-- Plans by BTF, from the key and value types of a map, or from the declaration in a program that
-- uses the map: queues, maps of maps and socket maps can't have types of their own.

local bpf = require("bpf")
local facts = require("lunette.decode.facts")
local names = require("lunette.names")

local btf = {}

local MAX_CACHED = 1024

local cache, cached = {}, 0

local function remember(key, plans)
  if cached >= MAX_CACHED then cache, cached = {}, 0 end
  cache[key], cached = plans, cached + 1
  return plans
end

local function plan_of(object, type_id, size)
  if type_id == 0 then return nil end
  return (object:plan(type_id, size)) or nil
end

-- The value of a struct_ops map has a kernel type.
local function build_struct_ops(info)
  local kernel <close> = bpf.btf("vmlinux")
  local id = info.btf_vmlinux_value_type_id
  if not kernel then return {} end
  return { value = plan_of(kernel, id, info.value_size), name = kernel:type(id).name }
end

local function build(info)
  if info.btf_vmlinux_value_type_id > 0 then return build_struct_ops(info) end
  local object = bpf.btf(info.btf_id)
  if not object then return {} end
  local handle <close> = object
  local plans = {
    key = info.key_size > 0 and plan_of(object, info.btf_key_type_id, info.key_size) or nil,
    value = plan_of(object, info.btf_value_type_id, info.value_size),
    name = info.btf_value_type_id > 0 and handle:type(info.btf_value_type_id).name or nil,
  }
  return plans
end

--- The plans by the map's own BTF: { key?, value?, name? }; empty without types.
---@param info MapInfo
function btf.plans(info)
  if info.btf_id == 0 and info.btf_vmlinux_value_type_id == 0 then return {} end
  local key = ("%d:%d:%d:%d:%d:%d"):format(info.btf_id, info.btf_key_type_id,
    info.btf_value_type_id, info.btf_vmlinux_value_type_id, info.key_size, info.value_size)
  return cache[key] or remember(key, build(info))
end

local function build_declared(id, info)
  local object = bpf.btf(id)
  if not object then return {} end
  local handle <close> = object
  local types, problem = handle:map(info.full_name or info.name, info)
  types = types or {}
  return {
    id = id, problem = problem,
    key = info.key_size > 0 and plan_of(handle, types.key or 0, info.key_size) or nil,
    value = plan_of(handle, types.value or 0, info.value_size),
    name = types.value and handle:type(types.value).name or nil,
  }
end

--- The plans by a program's declaration of the map, with the `id` of its BTF object. Nothing and
--- the reason when the map may be one of several with other types.
---@param info MapInfo
---@return table plans, string? problem
function btf.declared(info)
  local problem
  for _, id in ipairs(info.name ~= "" and facts.btfs(info.id) or {}) do
    local key = ("%d:%s:%s:%d:%d"):format(id, names.of(info), info.type, info.key_size,
      info.value_size)
    local plans = cache[key] or remember(key, build_declared(id, info))
    if plans.key or plans.value then return plans end
    problem = problem or plans.problem
  end
  return {}, problem
end

return btf
