-- Every script of examples/metrics runs: its services in this VM, some load, and one scrape in
-- which each metric that it declares must have samples. What the kernel lacks is a skip.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local registry = require("lunette.registry")
local support = require("tests.lua.metrics.support")
local names = require("lunette.metrics.names")

local DIR = "examples/metrics"

-- What some need beside the common load: a command that runs while the page is read.
local BESIDE = {
  bpftrace = [[bpftrace -e 'tracepoint:raw_syscalls:sys_enter { @calls[comm] = count();
    @ids = lhist(args->id, 0, 400, 50); } tracepoint:raw_syscalls:sys_exit
    { @ret = hist(args->ret); }']],
}

-- What no load of ours can make happen here: the metric may be empty.
local RARE = { tcp_retransmits_total = "no segment is lost on the loopback interface" }

local function command(format, ...) return os.execute(format:format(...)) end

-- Files with a sync, processes, signals, TCP and UDP over the loopback, a closed port, timers.
local LOAD = [[
python3 - <<'PY' >/dev/null 2>&1
import os, signal, socket, subprocess, tempfile, time
with tempfile.NamedTemporaryFile(dir='.') as f:
    for i in range(20):
        f.write(os.urandom(1 << 16)); f.flush(); os.fsync(f.fileno())
    os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED); f.seek(0); f.read()
for i in range(10):
    subprocess.run(['true'])
child = subprocess.Popen(['sleep', '5']); child.send_signal(signal.SIGTERM); child.wait()
server = socket.create_server(('127.0.0.1', 0))
for i in range(20):
    c = socket.create_connection(server.getsockname()); s, _ = server.accept()
    c.sendall(b'x' * 1000); s.recv(1000); c.close(); s.close()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(20):
    udp.sendto(b'x' * 100, ('127.0.0.1', 9))
    time.sleep(0.005)
PY
]]

-- Runs a service as far as its first sleep; resuming it with false ends it.
local function start(item)
  local svc = setmetatable({ stopping = false, sleep = function() return coroutine.yield() end },
    { __index = {} })
  local thread = coroutine.create(function() item.run(svc) end)
  local ok, err = coroutine.resume(thread)
  if not ok then return nil, tostring(err) end
  return thread
end

-- Has the bpftrace of this process its three maps, with something in the last?
local function counts(pid)
  local found = {}
  for _, owner in ipairs(assert(bpf.owners())) do
    local info = owner.pid == pid and owner.kind == "map" and bpf.map_info(owner.id)
    if info then found[info.name] = owner.id end
  end
  if not (found.AT_calls and found.AT_ids and found.AT_ret) then return false end
  local map <close> = bpf.map(found.AT_ret)
  return map and map:count() > 0
end

local function load_example(path)
  support.clear()
  local services = registry.list("service")
  for i = #services, 1, -1 do services[i] = nil end
  registry.loading(path, assert(loadfile(path)))
end

local LACKS = { "kprobe", "fentry", "not supported", "Operation not supported" }

local function lacking(err)
  for _, word in ipairs(LACKS) do
    if err:find(word, 1, true) then return true end
  end
  return false
end

-- The names of the metrics that the declared rules and collectors promise.
local function promised(text)
  local list = {}
  for _, rule in ipairs(registry.list("metric")) do
    for _, metric in ipairs(rule.metrics) do
      list[#list + 1] = { classic = names.classic(metric.family, metric.type),
        there = text:find("\n" .. metric.family, 1, true) ~= nil }
    end
  end
  return list
end

describe("the gallery's", function()
  local files = {}
  for path in fixture.output("ls " .. DIR .. "/*.lua"):gmatch("[^\n]+") do
    files[#files + 1] = path
  end

  it("rules are at least twelve", function() assert.is_true(#files >= 12) end)

  for _, path in ipairs(files) do
    local name = path:match("([^/]+)%.lua$")
    it(name .. " gives what it promises", function()
      local _ <close> = support.object() -- a program and maps that are there in any case
      load_example(path)
      local threads <close> = setmetatable({}, { __close = function(list)
        for _, thread in ipairs(list) do
          coroutine.resume(thread, false)
          coroutine.close(thread)
        end
      end })
      for _, item in ipairs(registry.list("service")) do
        local thread, err = start(item)
        if not thread and lacking(err) then return pending("this kernel lacks: " .. err) end
        assert.is_truthy(thread, err)
        threads[#threads + 1] = thread
      end
      local beside <close> = setmetatable({}, { __close = function(self)
        if self.pid then command("kill %d", self.pid) end
      end })
      if BESIDE[name] then
        local pipe = io.popen(("%s >/dev/null 2>&1 & echo $!"):format(BESIDE[name]))
        beside.pid = pipe:read("n")
        pipe:close()
        assert.is_true(fixture.eventually(function() return counts(beside.pid) end))
      end
      assert(command("%s", LOAD))
      local text = support.text()
      for _, metric in ipairs(promised(text)) do
        if not RARE[metric.classic] then
          assert.is_true(metric.there, metric.classic .. " has no samples in\n" .. text)
        end
      end
      for _, item in ipairs(registry.list("metric")) do
        assert.are.equal(0, math.tointeger(core.counts("errors")[item.name] or 0), item.name)
      end
      assert.is_truthy(text:find("\n[%w_]+[{ ]"), "an empty page")
    end)
  end

  it("leave nothing in the kernel", function()
    collectgarbage()
    assert.is_true(fixture.eventually(function()
      local progs = bpf.progs()
      return not (fixture.find(progs, { name = "io_issue" })
        or fixture.find(progs, { name = "xdp_by_prefix" }))
    end))
    assert.is_truthy(lunette)
  end)
end)
