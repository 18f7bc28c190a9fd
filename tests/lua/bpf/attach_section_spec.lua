-- Section names that say where to attach, as other loaders read them, and places given by the
-- caller.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function load(...)
  return assert(bpf.load(fixture.object("sections"), { programs = { ... } }))
end

local function links_of(object, name)
  local program = fixture.find(object:progs(), { name = name })
  local list = {}
  for _, link in ipairs(bpf.links()) do
    if link.prog_id == program.id then list[#list + 1] = link end
  end
  return list
end

describe("sections with a place", function()
  it("of XDP name the interface", function()
    local object <close> = load("sec_on_lo")
    local n, err = fixture.eventually(function() -- another test may have XDP on lo
      local count, why, errno = object:attach()
      return count or errno ~= 16 and -1, why
    end)
    assert.equal(1, n, err)
    local links = links_of(object, "sec_on_lo")
    assert.same({ 1, "xdp" }, { #links, links[1].type })
  end)

  it("of XDP that is not there are an error that names it", function()
    local object <close> = load("sec_nowhere")
    local n, err, errno = object:attach()
    assert.is_nil(n)
    assert.matches("section xdp/no_such_device: there is no interface 'no_such_device'", err, 1,
      true)
    assert.equal(19, errno)
  end)

  it("of perf events are attached on each CPU, and run", function()
    local object <close> = load("sec_clock")
    assert.equal(1, object:attach())
    assert.equal(bpf.host().online_cpus, #links_of(object, "sec_clock"))
    local map <close> = assert(object:map("sections.bss"))
    assert.is_true(fixture.eventually(function()
      return ("<I8"):unpack(map:lookup(("<I4"):pack(0))) > 0
    end))
  end)

  it("of perf events that say no event are refused", function()
    local object <close> = load("sec_wrong")
    local n, err = object:attach()
    assert.is_nil(n)
    assert.matches("section perf_event/type=1,color=3: it is not perf_event/type=N,config=N,"
      .. "frequency=N (or period=N)", err, 1, true)
    assert.same({}, links_of(object, "sec_wrong"))
  end)
end)

describe("object:attach to a place", function()
  it("attaches every program of its type, or says that there is none", function()
    local object <close> = load("sec_any", "sec_clock")
    local event = { type = 1, config = 0, frequency = 10 }
    assert.equal(2, object:attach(nil, { perf_event = event }))
    local _, err, errno = object:attach(nil, { interface = "lo" })
    assert.same({ "no program of the object can be attached to an interface", 22 }, { err, errno })
    _, err = object:attach(nil, { cgroup = "/sys/fs/cgroup" })
    assert.equal("no program of the object can be attached to a control group", err)
  end)

  it("attaches a perf_event program whose section says no event", function()
    local object <close> = load("sec_any")
    assert.equal(0, object:attach())
    local event = { type = 1, config = 0, period = 100000000 }
    assert.equal(1, object:attach("sec_any", { perf_event = event }))
    assert.equal(bpf.host().online_cpus, #links_of(object, "sec_any"))
    assert.error_matches(function() object:attach("sec_any", { perf_event = { type = 1 } }) end,
      "perf_event needs a frequency or a period")
    assert.error_matches(function() object:attach("sec_any", {}) end,
      "needs one of interface, cgroup, perf_event")
  end)
end)
