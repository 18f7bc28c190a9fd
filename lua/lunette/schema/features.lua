-- What can and can't be seen on a host, and what each missing thing costs.

local bpf = require("bpf")

local features = {}

-- name: what it is; found(host): truthy when there, with what was found; without: what is lost.
local FEATURES = {
  {
    name = "CAP_SYS_ADMIN",
    found = function(host) return host.capabilities.sys_admin end,
    without = "no object can be listed by id and no statistics switched on: run as root",
  },
  {
    name = "CAP_BPF",
    found = function(host) return host.capabilities.bpf or host.capabilities.sys_admin end,
    without = "no program can be loaded, so owners come from /proc: run as root",
  },
  {
    name = "CAP_PERFMON",
    found = function(host) return host.capabilities.perfmon or host.capabilities.sys_admin end,
    without = "no program of ours can be attached: run as root",
  },
  {
    name = "CAP_NET_ADMIN",
    found = function(host) return host.capabilities.net_admin or host.capabilities.sys_admin end,
    without = "programs on network interfaces can't be listed: run as root",
  },
  {
    name = "CAP_SYSLOG",
    found = function(host) return host.capabilities.syslog or host.capabilities.sys_admin end,
    without = "kernel addresses have no symbols: run as root",
  },
  {
    name = "kernel BTF",
    found = function(host) return host.btf and "/sys/kernel/btf/vmlinux" end,
    without = "no owners by iterator, no kernel types: needs CONFIG_DEBUG_INFO_BTF",
  },
  {
    name = "BPF file system",
    found = function(host) return host.bpffs[1] and table.concat(host.bpffs, ", ") end,
    without = "nothing can be pinned: mount -t bpf bpf /sys/fs/bpf",
  },
  {
    name = "tracefs",
    found = function(host) return host.tracefs end,
    without = "no trace log and no tracepoints: run as root, "
      .. "or mount -t tracefs tracefs /sys/kernel/tracing",
  },
  {
    name = "kernel symbols",
    found = function(host) return host.kallsyms end,
    without = "addresses have no names: sysctl -w kernel.kptr_restrict=0, or run as root",
  },
  {
    name = "just-in-time compiler",
    found = function(host)
      if host.jit_enabled >= 0 then return host.jit_enabled > 0 end
      -- The setting is shown in the host's network namespace only: programs tell, our own at least.
      bpf.owners()
      for _, prog in ipairs(bpf.progs() or {}) do
        if prog.jited_len > 0 then return true end
      end
    end,
    without = "programs are interpreted: sysctl -w net.core.bpf_jit_enable=1",
  },
  {
    name = "BPF iterators",
    found = function() return select(2, bpf.owners()) == "iterator" end,
    without = "owners come from /proc, which is slower: needs Linux 5.8, kernel BTF and root",
  },
  {
    name = "run-time statistics",
    found = function()
      local stats <close> = bpf.stats()
      return stats ~= nil
    end,
    without = "no run counts and times: needs Linux 5.8 and root",
  },
}

--- Every feature as the schema's Feature.
---@param host table what bpf.host() tells
---@return table[]
function features.list(host)
  local list = {}
  for i, feature in ipairs(FEATURES) do
    local found = feature.found(host)
    local detail = not found and feature.without or type(found) == "string" and found or nil
    list[i] = { name = feature.name, available = found and true or false, detail = detail }
  end
  return list
end

return features
