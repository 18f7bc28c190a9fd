-- Decoding by BTF: plans for the key and value types that a map names.

local bpf = require("bpf")

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

-- The value of a struct_ops map is a type of the kernel's.
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

--- The plans that BTF gives: { key?, value?, name? }, empty where it says nothing.
---@param info MapInfo
function btf.plans(info)
  if info.btf_id == 0 and info.btf_vmlinux_value_type_id == 0 then return {} end
  local key = ("%d:%d:%d:%d:%d:%d"):format(info.btf_id, info.btf_key_type_id,
    info.btf_value_type_id, info.btf_vmlinux_value_type_id, info.key_size, info.value_size)
  return cache[key] or remember(key, build(info))
end

return btf
