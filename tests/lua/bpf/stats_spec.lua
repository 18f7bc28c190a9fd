-- Run-time statistics, on while a handle is open; the host and its CPUs.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

describe("bpf.stats", function()
  it("counts runs while the handle is open", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    object:attach("obj_raw_tp")
    local id = fixture.find(object:progs(), { name = "obj_raw_tp" }).id
    local stats = assert(bpf.stats())
    os.execute("true")
    local counted = bpf.prog_info(id)
    assert.truthy(counted.run_cnt > 10)
    assert.truthy(counted.run_time_ns > 0)
    stats:close()
    stats:close()
  end)

  it("is released by <close> and by collection", function()
    collectgarbage()
    local before = fixture.descriptors()
    do
      local _ <close> = assert(bpf.stats())
      assert.equal(before + 1, fixture.descriptors())
    end
    assert.equal(before, fixture.descriptors());
    (function() bpf.stats() end)()
    collectgarbage()
    collectgarbage()
    assert.equal(before, fixture.descriptors())
  end)
end)

describe("bpf.stats_cost", function()
  it("is measured, or somebody else counts", function()
    local before = fixture.descriptors()
    local cost, _, errno = bpf.stats_cost()
    assert.truthy(cost and cost >= 0 and cost < 1e-4 or errno == 16, tostring(cost))
    assert.equal(before, fixture.descriptors())
  end)

  it("is refused while the statistics are on", function()
    local _ <close> = assert(bpf.stats())
    assert.same({ nil, "measuring run-time statistics: Device or resource busy", 16 },
      { bpf.stats_cost() })
  end)
end)

describe("bpf.host", function()
  it("says what the machine's own files say", function()
    local host = bpf.host()
    assert.equal(fixture.output("uname -r"), host.kernel .. "\n")
    assert.equal(fixture.output("uname -m"), host.machine .. "\n")
    assert.equal(fixture.output("uname -n"), host.hostname .. "\n")
    local uptime <close> = assert(io.open("/proc/uptime"))
    assert.near(os.time() - uptime:read("n"), host.boot_time, 2)
    assert.is_true(host.capabilities.sys_admin)
    assert.is_true(host.btf)
    assert.same("/sys/fs/bpf", host.bpffs[1])
  end)

  it("knows the CPUs", function()
    local possible, online = bpf.cpus()
    -- nproc counts the CPUs that this process may run on.
    assert.equal(tonumber(fixture.output("getconf _NPROCESSORS_ONLN")), online)
    assert.truthy(possible >= online)
    assert.equal(possible, bpf.host().possible_cpus)
  end)
end)
