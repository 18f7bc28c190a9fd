-- Features of the host: which are available, and what is lost without each.

local bpf = require("bpf")

local features = {}

-- The kernel's lockdown mode: "none", "integrity" or "confidentiality"; nil when the kernel has
-- none or hides it.
local function lockdown()
  local file <close> = io.open("/sys/kernel/security/lockdown")
  return file and (file:read("l") or ""):match("%[(%w+)%]")
end

-- name: what it is; found(host): truthy when there, with what was found; lost: what is lost without
-- it; get: how to get it; locked: a kernel that is locked down refuses it, to root too.
local FEATURES = {
  {
    name = "CAP_SYS_ADMIN",
    found = function(host) return host.capabilities.sys_admin end,
    lost = "no object can be listed by id and no statistics switched on",
    get = "run as root",
  },
  {
    name = "CAP_BPF",
    found = function(host) return host.capabilities.bpf or host.capabilities.sys_admin end,
    lost = "no program can be loaded, so owners come from /proc",
    get = "run as root",
  },
  {
    name = "CAP_PERFMON",
    found = function(host) return host.capabilities.perfmon or host.capabilities.sys_admin end,
    lost = "no program of ours can be attached",
    get = "run as root",
  },
  {
    name = "CAP_NET_ADMIN",
    found = function(host) return host.capabilities.net_admin or host.capabilities.sys_admin end,
    lost = "programs on network interfaces can't be listed",
    get = "run as root",
  },
  {
    name = "CAP_SYSLOG",
    found = function(host) return host.capabilities.syslog or host.capabilities.sys_admin end,
    lost = "kernel addresses have no symbols",
    get = "run as root",
  },
  {
    name = "no lockdown of the kernel",
    found = function()
      local state = lockdown()
      return state ~= "confidentiality" and (state or true)
    end,
    lost = "the kernel refuses programs that read its memory, kprobes and tracefs, to root too",
    get = "boot without lockdown=confidentiality",
  },
  {
    name = "kernel BTF",
    found = function(host) return host.btf and "/sys/kernel/btf/vmlinux" end,
    lost = "no owners by iterator, no kernel types",
    get = "needs CONFIG_DEBUG_INFO_BTF",
  },
  {
    name = "BPF file system",
    found = function(host) return host.bpffs[1] and table.concat(host.bpffs, ", ") end,
    lost = "nothing can be pinned",
    get = "mount -t bpf bpf /sys/fs/bpf",
  },
  {
    name = "tracefs",
    found = function(host) return host.tracefs end,
    lost = "no trace log and no tracepoints",
    get = "run as root, or mount -t tracefs tracefs /sys/kernel/tracing",
    locked = true,
  },
  {
    name = "kernel symbols",
    found = function(host) return host.kallsyms end,
    lost = "addresses have no names",
    get = "sysctl -w kernel.kptr_restrict=0, or run as root",
  },
  {
    name = "just-in-time compiler",
    found = function(host)
      if host.jit_enabled >= 0 then return host.jit_enabled > 0 end
      -- The sysctl is visible in the host's network namespace only. Elsewhere the programs show
      -- it; bpf.owners() makes sure that at least our own is loaded.
      bpf.owners()
      for _, prog in ipairs(bpf.progs() or {}) do
        if prog.jited_len > 0 then return true end
      end
    end,
    lost = "programs are interpreted",
    get = "sysctl -w net.core.bpf_jit_enable=1",
  },
  {
    name = "BPF iterators",
    found = function() return select(2, bpf.owners()) == "iterator" end,
    lost = "owners come from /proc, which is slower",
    get = "needs Linux 5.8, kernel BTF and root",
    locked = true,
  },
  {
    name = "reading maps by several threads",
    found = function() return bpf.probe("ranges") end,
    lost = "large maps are read by one thread",
    get = "needs batches of hashes and arrays whose positions are buckets and indices, and root",
  },
  {
    name = "run-time statistics",
    found = function()
      local stats <close> = bpf.stats()
      return stats ~= nil
    end,
    lost = "no run counts and times",
    get = "needs Linux 5.8 and root",
  },
}

local LOCKED = "the kernel is locked down (confidentiality)"

-- A feature's detail, or what is lost without it and why.
local function detail(feature, found, locked)
  if found then return type(found) == "string" and found or nil end
  return ("%s: %s"):format(feature.lost, feature.locked and locked and LOCKED or feature.get)
end

--- Every feature as the schema's Feature.
---@param host table what bpf.host() tells
---@return table[]
function features.list(host)
  local list, locked = {}, lockdown() == "confidentiality"
  for i, feature in ipairs(FEATURES) do
    local found = feature.found(host)
    list[i] = {
      name = feature.name, available = found and true or false,
      detail = detail(feature, found, locked),
    }
  end
  return list
end

return features
