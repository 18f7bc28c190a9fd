-- The host: its kernel, its CPUs, and its BPF features.

local bpf = require("bpf")
local features = require("lunette.schema.features")
local kernel = require("lunette.schema.kernel")
local shared = require("lunette").shared

local host = {}

host.sdl = [[
extend type Query {
  "The machine."
  host: Host!
}

"A machine and the features of its kernel."
type Host {
  "Its host name."
  name: String!
  "The kernel's release."
  kernel: String!
  "The machine's architecture."
  architecture: String!
  "Possible CPUs: an entry of a per-CPU map has this many values."
  possibleCpus: Int!
  "CPUs that run now."
  onlineCpus: Int!
  "When it booted, in seconds since 1970."
  bootTime: Float!
  "Seconds since it booted."
  uptime: Float!
  "The host's clock now, in seconds since 1970."
  time: Float!
  "Does the kernel count the runs and run time of programs now?"
  statsEnabled: Boolean!
  "Memory in bytes."
  memory: Float
  "Is BPF's just-in-time compiler on?"
  jit: Boolean
  "May unprivileged users load programs?"
  unprivilegedBpf: Boolean
  "Features of this host, and what is lost without each missing one."
  features: [Feature!]!
}

"A feature of the kernel, or a privilege."
type Feature {
  "The feature."
  name: String!
  "Is it there?"
  available: Boolean!
  "A detail; for a missing feature what is lost without it, and how to get it."
  detail: String
}
]]

local function memory()
  for line in io.lines("/proc/meminfo") do
    local kilobytes = line:match("^MemTotal:%s*(%d+) kB")
    if kilobytes then return tonumber(kilobytes) * 1024 end
  end
  return nil
end

-- A sysctl that the kernel may lack: -1 when it can't be read.
local function switch(value)
  if not value or value < 0 then return nil end
  return value ~= 0
end

host.resolvers = {
  Query = {
    host = function(_, _, ctx) return kernel.of(ctx):host() end,
  },
  Host = {
    name = function(info) return info.hostname end,
    architecture = function(info) return info.machine end,
    possibleCpus = function(info) return info.possible_cpus end,
    onlineCpus = function(info) return info.online_cpus end,
    bootTime = function(info) return info.boot_time end,
    uptime = function() return bpf.uptime() end,
    time = function(info) return info.boot_time + bpf.uptime() end,
    statsEnabled = function(info)
      return info.stats_enabled or shared.get("sampler.active") or false
    end,
    memory = memory,
    jit = function(info) return switch(info.jit_enabled) end,
    unprivilegedBpf = function(info)
      local disabled = switch(info.unprivileged_bpf_disabled)
      if disabled == nil then return nil end
      return not disabled
    end,
    features = features.list,
  },
}

return host
