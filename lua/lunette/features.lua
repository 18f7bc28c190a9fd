-- BPF features of the running kernel: program and map types, and facilities that Lunette and other
-- tools use. Each is tried out, not derived from the version.

local bpf = require("bpf")
local names = require("lunette.names")

local features = {}

---@class lunette.Feature
---@field group "program"|"map"|"kernel"
---@field name string the kernel's name of a type, or words
---@field available boolean|nil nil where it can't be found out
---@field detail? string

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

local function read(path)
  local file <close> = io.open(path)
  return file and file:read("a") or ""
end

-- Types by number from 1 on, until a number has no name.
local function types(group, kind, list)
  for number = 1, 255 do
    local name = bpf.type_name(kind, number)
    if name == ("type_%d"):format(number) then return end
    local available, err = bpf.probe(kind, number)
    list[#list + 1] = {
      group = group, name = name, available = available,
      detail = available == nil and err or nil,
    }
  end
end

local function stats()
  local handle <close> = bpf.stats()
  return handle ~= nil
end

local function iterators()
  local _, method = bpf.owners()
  return method == "iterator"
end

local KERNEL = {
  { "run-time statistics (BPF_ENABLE_STATS)", stats },
  { "iterators", iterators },
  { "reading maps by batch", function() return bpf.probe("batch") end },
  { "trampolines (fentry, fexit, LSM, freplace)", function() return bpf.probe("trampoline") end },
  { "kernel BTF", function() return bpf.host().btf end },
  { "just-in-time compiler", function() return bpf.host().jit_enabled > 0 end },
  { "kprobes", function() return exists("/sys/bus/event_source/devices/kprobe/type") end },
  { "uprobes", function() return exists("/sys/bus/event_source/devices/uprobe/type") end },
  { "hardware counters", function() return exists("/sys/bus/event_source/devices/cpu/type") end },
  { "perf events of a program's runs (fentry on BPF programs)", function()
    return bpf.probe("trampoline")
  end },
  { "LSM programs in force", function()
    local list = read("/sys/kernel/security/lsm")
    if list == "" then return nil, "/sys/kernel/security is not mounted" end
    return ("," .. list:gsub("%s", "") .. ","):find(",bpf,", 1, true) ~= nil
  end },
}

local function kernel(list)
  for _, one in ipairs(KERNEL) do
    local available, detail = one[2]()
    list[#list + 1] = {
      group = "kernel", name = one[1], available = available,
      detail = available == nil and detail or nil,
    }
  end
end

--- All features, in groups: program types, map types, the kernel's facilities.
---@return lunette.Feature[]
function features.list()
  local list = {}
  types("program", "prog", list)
  types("map", "map", list)
  kernel(list)
  return list
end

--- A type's name in eBPF explorer's spelling.
---@param feature lunette.Feature
---@return string
function features.other_name(feature)
  if feature.group == "program" then return names.prog(feature.name) end
  if feature.group == "map" then return names.map(feature.name) end
  return feature.name
end

return features
