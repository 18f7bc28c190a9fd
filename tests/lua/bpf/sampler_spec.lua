-- The sampler compared with the kernel's counters; its limits; programs that come and go.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local sampler, object

local function id_of(name) return fixture.find(object:progs(), { name = name }).id end

-- Makes system calls, each of which runs obj_raw_tp.
local function work(times)
  for _ = 1, times do
    local file <close> = assert(io.open("/proc/self/stat"))
    file:read("a")
  end
end

-- A program run only by this test, an exact number of times.
local function open()
  object = assert(bpf.load(fixture.object("objects")))
  return id_of("obj_xdp")
end

local function run(times)
  local prog <close> = assert(bpf.prog(id_of("obj_xdp")))
  assert(prog:run { input = ("\0"):rep(64), times = times })
end

local function runs_of(rate) return math.floor(rate.runs * rate.seconds + 0.5) end

local function attach(name)
  object = assert(bpf.load(fixture.object("objects")))
  assert(object:attach(name))
  return id_of(name)
end

describe("bpf.sampler", function()
  -- Room for other processes' programs, too: the sampler keeps every program that ran.
  before_each(function() sampler = bpf.sampler { keep = 10, programs = 1024 } end)
  after_each(function()
    sampler:close()
    if object then object:close() end
  end)

  it("says what the kernel's counters say", function()
    local began = os.time()
    local id = attach("obj_raw_tp")
    sampler:stats(true)
    local first = bpf.prog_info(id)
    assert(sampler:sample())
    assert.is_nil(sampler:rate(id))
    local before = bpf.prog_info(id)
    work(2000)
    local after = bpf.prog_info(id)
    assert(sampler:sample())
    local last = bpf.prog_info(id)
    local rate = assert(sampler:rate(id))
    local runs, ns = rate.runs * rate.seconds, rate.cpu * rate.seconds * 1e9
    assert.truthy(runs >= after.run_cnt - before.run_cnt)
    assert.truthy(runs <= last.run_cnt - first.run_cnt)
    assert.truthy(ns >= after.run_time_ns - before.run_time_ns - 1)
    assert.truthy(ns <= last.run_time_ns - first.run_time_ns + 1)
    assert.near(ns / runs / 1e9, rate.average, 1e-12)
    assert.truthy(rate.seconds > 0)
    assert.truthy(rate.time >= began and rate.time <= os.time() + 1)
    assert.same(rate, fixture.find(sampler:rates(), { id = id }))
    assert.truthy(sampler:rate().runs >= rate.runs)
  end)

  -- The load is stopped at both ends of the window, so runs and time are exactly equal.
  it("says what bpftool's counters say over the same window", function()
    local function theirs(id)
      local info = fixture.json("bpftool -j prog show id " .. id)
      return { runs = info.run_cnt or 0, ns = info.run_time_ns or 0 }
    end
    local function check(id, load)
      assert(sampler:baseline())
      local before = theirs(id)
      load()
      local after = theirs(id)
      assert(sampler:sample())
      assert.same(after, theirs(id))
      local rate = assert(sampler:rate(id))
      assert.equal(after.runs - before.runs, runs_of(rate))
      assert.near(after.ns - before.ns, rate.cpu * rate.seconds * 1e9, 0.5)
      return after.runs - before.runs
    end
    sampler:stats(true)
    local id = open()
    for _, times in ipairs { 1, 1000, 250000 } do
      assert.equal(times, check(id, function() run(times) end))
    end
    id = id_of("obj_raw_tp")
    assert.truthy(check(id, function()
      assert(object:attach("obj_raw_tp"))
      work(2000)
      object:detach()
    end) >= 6000)
    assert.equal(0, check(id, function() work(10) end))
  end)

  it("counts a program that was loaded since the last sample", function()
    sampler:stats(true)
    sampler:sample()
    sampler:sample()
    local id = attach("obj_raw_tp")
    work(100)
    sampler:sample()
    assert.truthy(sampler:rate(id).runs > 0)
    local rate = sampler:rate(id)
    assert.truthy(rate.runs * rate.seconds <= bpf.prog_info(id).run_cnt)
  end)

  it("rates are over the time that the kernel counted", function()
    local id = open()
    sampler:baseline()
    local from = bpf.uptime()
    sampler:stats(true)
    run(100)
    sampler:stats(false)
    local counted = bpf.uptime() - from
    os.execute("sleep 0.05")
    sampler:sample()
    assert.truthy(sampler:rate().seconds > 0 and sampler:rate().seconds <= counted)
    assert.equal(100, runs_of(sampler:rate(id)))
    os.execute("sleep 0.05")
    sampler:sample()
    assert.equal(0, sampler:rate().seconds)
    assert.equal(0, sampler:rate().cpu)
  end)

  it("leaves out what was done before a baseline", function()
    local id = open()
    sampler:stats(true)
    sampler:sample()
    run(3000)
    assert(sampler:baseline())
    run(10)
    sampler:sample()
    assert.equal(10, runs_of(sampler:rate(id)))
    assert.equal(1, #sampler:history(id))
  end)

  it("has a first stretch at once after a baseline", function()
    local id = open()
    sampler:stats(true)
    sampler:baseline()
    assert.is_nil(sampler:rate(id))
    run(10)
    sampler:sample()
    assert.equal(10, runs_of(sampler:rate(id)))
    assert.equal(1, #sampler:history(id))
    sampler:clear()
    sampler:sample()
    assert.is_nil(sampler:rate(id))
  end)

  it("keeps so many samples, oldest first", function()
    local id = open()
    sampler:stats(true)
    for i = 1, 15 do
      run(i)
      sampler:sample()
    end
    local history = sampler:history(id)
    assert.equal(10, #history)
    for i, rate in ipairs(history) do
      assert.equal(5 + i, runs_of(rate))
      assert.truthy(i == 1 or history[i - 1].time < rate.time)
    end
    local state = sampler:state()
    assert.equal(15, state.samples)
    assert.equal(10, state.kept)
    assert.equal(history[1].time, state.oldest)
    assert.equal(history[10].time, state.newest)
    assert.truthy(state.cost > 0 and state.total_cost >= state.cost)
    assert.is_true(state.stats)
  end)

  it("merges to a resolution, and nothing is lost by it", function()
    local id = open()
    sampler:stats(true)
    sampler:sample()
    for i = 1, 8 do
      run(i)
      sampler:sample()
    end
    local function total(list)
      local runs, seconds = 0, 0
      for _, rate in ipairs(list) do
        runs, seconds = runs + runs_of(rate), seconds + rate.seconds
      end
      return runs, seconds
    end
    local _, seconds = total(sampler:history(id))
    for points = 1, 9 do
      local merged = sampler:history(id, { points = points })
      assert.truthy(#merged <= points)
      local merged_runs, merged_seconds = total(merged)
      assert.equal(36, merged_runs)
      assert.near(seconds, merged_seconds, 1e-6)
    end
    local halves = sampler:history(id, { points = 2 })
    assert.same({ 10, 26 }, { runs_of(halves[1]), runs_of(halves[2]) })
  end)

  it("answers for a range of time", function()
    attach("obj_raw_tp")
    sampler:stats(true)
    for _ = 1, 6 do
      os.execute("sleep 0.02")
      sampler:sample()
    end
    local all = sampler:history()
    assert.equal(5, #all)
    local some = sampler:history(nil, { from = all[2].time, to = all[4].time })
    assert.same({ all[2], all[3], all[4] }, some)
    assert.same({}, sampler:history(nil, { from = all[5].time + 1 }))
    assert.equal(5, #sampler:history(nil, { seconds = 3600 }))
    assert.equal(1, #sampler:history(nil, { seconds = 0.001 }))
  end)

  it("remembers idle times as zeros, and what went until it is too old", function()
    local id = attach("obj_raw_tp")
    sampler:stats(true)
    sampler:sample()
    work(50)
    sampler:sample()
    object:detach()
    for _ = 1, 3 do sampler:sample() end
    local busy = 0
    for _, rate in ipairs(sampler:history(id)) do busy = busy + (rate.runs > 0 and 1 or 0) end
    assert.truthy(busy >= 1 and busy <= 2)
    assert.equal(0, sampler:rate(id).runs)
    assert.is_nil(sampler:rate(id).average)
    object:close()
    sampler:sample()
    assert.truthy(sampler:history(id, { points = 1 })[1].runs > 0)
    for _ = 1, 12 do sampler:sample() end
    assert.equal(0, sampler:history(id, { points = 1 })[1].runs)
  end)

  it("forgets programs that went, as their samples age", function()
    local ids = {}
    sampler:stats(true)
    sampler:baseline()
    for i = 1, 15 do
      local other <close> = assert(bpf.load(fixture.object("objects")))
      local prog <close> = other:prog("obj_xdp")
      assert(prog:run { input = ("\0"):rep(64), times = 3 })
      sampler:sample()
      ids[i] = prog:info().id
    end
    local function remembered(id) return runs_of(sampler:history(id, { points = 1 })[1]) end
    for i, id in ipairs(ids) do assert.equal(i > 5 and 3 or 0, remembered(id), "program " .. i) end
    local there, count = {}, 0 -- other processes' objects come and go meanwhile
    for _ = 1, 10 do
      for _, id in ipairs(bpf.ids("prog")) do
        count = count + (there[id] and 0 or 1)
        there[id] = true
      end
      sampler:sample()
    end
    for _, id in ipairs(ids) do assert.equal(0, remembered(id)) end
    assert.truthy(sampler:state().series <= count + 10)
  end)

  it("is bounded in programs", function()
    sampler:close()
    sampler = bpf.sampler { keep = 4, programs = 0 }
    attach("obj_raw_tp")
    sampler:stats(true)
    sampler:sample()
    work(10)
    sampler:sample()
    assert.equal(0, sampler:state().series)
    assert.truthy(sampler:state().dropped >= 1)
    assert.same({}, sampler:rates())
  end)

  it("forgets when it is told to", function()
    attach("obj_raw_tp")
    sampler:stats(true)
    sampler:sample()
    work(10)
    sampler:sample()
    sampler:clear()
    assert.equal(0, sampler:state().samples)
    assert.same({}, sampler:rates())
    assert.same({}, sampler:history())
    assert.is_nil(sampler:rate())
  end)

  it("is the same for all without options", function()
    local one, two = bpf.sampler(), bpf.sampler()
    local samples = one:state().samples
    one:sample()
    assert.equal(samples + 1, two:state().samples)
    one:close()
    two:sample()
    assert.has_error(function() one:sample() end, "sampler is closed")
    two:clear()
  end)

  it("refuses what makes no sense", function()
    assert.has_error(function() bpf.sampler { keep = 1 } end)
    assert.has_error(function() bpf.sampler { programs = -1 } end)
    assert.has_error(function() bpf.sampler(5) end)
    assert.has_error(function() sampler:stats(1) end)
    assert.has_error(function() sampler:history("x") end)
  end)

  it("lets go of the statistics when it is closed", function()
    collectgarbage()
    local before = fixture.descriptors()
    local other = bpf.sampler { keep = 2 }
    other:stats(true)
    other:stats(true)
    assert.equal(before + 1, fixture.descriptors())
    other:close()
    assert.equal(before, fixture.descriptors())
  end)
end)

describe("values by name", function()
  before_each(function() sampler = bpf.sampler { keep = 5 } end)
  after_each(function() sampler:close() end)

  local function numbers(list)
    local found = {}
    for i, point in ipairs(list) do found[i] = point.value end
    return found
  end

  it("are kept, so many, oldest first", function()
    for i = 1, 8 do assert(sampler:put("calls bash", i)) end
    assert.same({ 4, 5, 6, 7, 8 }, numbers(sampler:values("calls bash")))
    local times = sampler:values("calls bash")
    for i = 2, #times do assert.truthy(times[i - 1].time <= times[i].time) end
    assert.near(os.time(), times[1].time, 2)
    assert.same({}, sampler:values("calls zsh"))
  end)

  it("come at a resolution, and from a range of time", function()
    for i = 1, 5 do
      sampler:put("x", i)
      os.execute("sleep 0.002")
    end
    assert.same({ 2, 4, 5 }, numbers(sampler:values("x", { points = 3 })))
    assert.same({ 5 }, numbers(sampler:values("x", { points = 1 })))
    local times = sampler:values("x")
    assert.same({ 2, 3, 4 },
      numbers(sampler:values("x", { from = times[2].time, to = times[4].time })))
    assert.same({ 1, 2, 3, 4, 5 }, numbers(sampler:values("x", { seconds = 60 })))
    assert.same({}, sampler:values("x", { to = 1 }))
  end)

  it("have names, of which the oldest makes place", function()
    for i = 1, 1024 do sampler:put("n" .. i, 1) end
    sampler:put("n1", 2)
    sampler:put("other", 1)
    assert.equal(1024, #sampler:names())
    assert.same({ "other" }, sampler:names("oth"))
    assert.same({}, sampler:values("n2"))
    assert.same({ 1, 2 }, numbers(sampler:values("n1")))
    sampler:clear()
    assert.same({}, sampler:names())
  end)

  it("refuse names that are none", function()
    assert.has_error(function() sampler:put("", 1) end)
    assert.has_error(function() sampler:put(("x"):rep(200), 1) end)
    assert.has_error(function() sampler:put("x", "many") end)
    assert.is_true(sampler:put(("x"):rep(199), 1))
  end)
end)
