-- What the tools of TCP share: the record, its columns, and parameters.

local lunette = require("lunette")

local tcp = {}

local d = lunette.decode
local IPV4 = 2

local function address(name)
  return d.union { d.ipv4():as(name .. "_v4"), d.ipv6():as(name .. "_v6") }
end

--- struct event of src/tools/tcp.bpf.c.
tcp.RECORD = d.struct {
  d.u64():as("time"), d.u64():as("lasted"), d.u64():as("socket"), d.u32():as("pid"),
  d.i32():as("before"), d.i32():as("after"), d.u16():as("local_port"), d.u16():as("remote_port"),
  d.u16():as("family"), d.u16():as("pad"), d.u32():as("backlog"),
  address("local"):as("here"), address("remote"):as("there"), d.cstring(16):as("comm"),
}

local function of_family(row, part, name)
  return row.family == IPV4 and part[name .. "_v4"] or part[name .. "_v6"]
end

function tcp.ip(row) return row.family == IPV4 and 4 or 6 end

function tcp.local_address(row) return of_family(row, row.here, "local") end

function tcp.remote_address(row) return of_family(row, row.there, "remote") end

--- -4 and -6, -L and -D.
tcp.FAMILY = { "family", type = "text", choices = { "4", "6" }, set = false,
  help = "Trace IPv4 or IPv6 only (4, 6)." }
tcp.LOCAL_PORT = { "local_port", short = "L", set = "target_local_port", most = 65535,
  help = "Trace this local port only." }
tcp.REMOTE_PORT = { "remote_port", short = "D", set = "target_remote_port", most = 65535,
  help = "Trace this remote port only." }
tcp.PID = { "pid", short = "p", set = "target_pid", help = "Trace this process only." }

local FAMILIES = { ["4"] = 2, ["6"] = 10 }

--- Variables for the family.
function tcp.set(values) return { target_family = FAMILIES[values.family] } end

return tcp
