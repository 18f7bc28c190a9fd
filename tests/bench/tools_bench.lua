-- Tools beside those of libbpf-tools and bpftrace of the same name, one after the other under one
-- load: rows that were printed, and the CPU time of the tool. Missing witnesses are left out.

local build = os.getenv("LUNETTE_BUILD") or "build"
local binary = os.getenv("LUNETTE") or build .. "/lunette"

local OPENS <const>, EXECS <const> = 100000, 1000
local LOADS = {
  opens = ("python3 -c 'import os\nfor i in range(%d): os.close(os.open(\"/etc/hostname\", 0))'")
    :format(OPENS),
  execs = ("for i in $(seq %d); do /bin/true; done"):format(EXECS),
  burn = "timeout 3 sh -c 'while :; do :; done'",
}

-- name, command, load, what its rows of the load have
local RUNS = {
  { "opensnoop", binary .. " tool opensnoop --ndjson", "opens", "hostname" },
  { "opensnoop of libbpf-tools", "/usr/sbin/opensnoop", "opens", "hostname" },
  { "bpftrace", "bpftrace -e 'tracepoint:syscalls:sys_enter_openat "
    .. "{ printf(\"%s %s\\n\", comm, str(args->filename)); }'", "opens", "hostname" },
  { "execsnoop", binary .. " tool execsnoop --ndjson", "execs", "/bin/true" },
  { "execsnoop of libbpf-tools", "/usr/sbin/execsnoop", "execs", "/bin/true" },
  { "profile", binary .. " tool profile -F 99", "burn", "sh;" },
  { "profile of bpftrace", "bpftrace -e 'profile:hz:99 { @[comm, ustack, kstack] = count(); }'",
    "burn", "sh" },
}

local function read(path)
  local f <close> = assert(io.open(path))
  return f:read("a")
end

local function has(command)
  return os.execute(("command -v %s >/dev/null"):format(command:match("^%S+")))
end

local out, times = os.tmpname(), os.tmpname()

-- Runs the tool while the load runs; rows of the load, its CPU seconds and the most memory in MiB.
local function measure(run)
  local script = ([[
%s >%s 2>/dev/null & tool=$!
sleep 4
%s
sleep 2
ticks=$(cut -d' ' -f14,15 /proc/$tool/stat); memory=$(grep VmHWM /proc/$tool/status | tr -dc 0-9)
kill -INT $tool; wait $tool
echo $ticks $memory >%s]]):format(run[2]:find("^bpftrace") and run[2] or "exec " .. run[2], out,
    LOADS[run[3]], times)
  script = script:gsub("^exec ([^\n]*) & tool", "%1 & tool")
  os.execute(("bash -c %s"):format("'" .. script:gsub("'", "'\\''") .. "'"))
  local user, sys, memory = read(times):match("(%d+) (%d+) (%d+)")
  local rows = select(2, read(out):gsub(run[4]:gsub("%W", "%%%0"), ""))
  return rows, (tonumber(user) + tonumber(sys)) / 100, tonumber(memory) / 1024
end

print(("%-28s %9s %9s %10s %8s"):format("", "rows", "of", "CPU s", "MiB"))
local made = { opens = OPENS, execs = EXECS }
for _, run in ipairs(RUNS) do
  if has(run[2]) then
    local rows, cpu, memory = measure(run)
    print(("%-28s %9d %9s %10.2f %8.0f"):format(run[1], rows, made[run[3]] or "-", cpu, memory))
  end
end
os.remove(out)
os.remove(times)
