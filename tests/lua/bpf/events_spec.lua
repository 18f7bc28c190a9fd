-- bpf.load's variables, sizes and alternatives, and the events of ring buffers and perf buffers.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local SENDERS = { "send_ring", "send_short", "send_perf", "send_large" }

local function load(opts)
  opts = opts or {}
  opts.programs = opts.programs or SENDERS
  return bpf.load(fixture.object("events"), opts)
end

-- Runs a sender once for each number.
local function send(object, name, first, last)
  local prog <close> = assert(object:prog(name))
  for number = first, last do
    assert(prog:run { context = ("<I8"):pack(number) .. ("\0"):rep(88) })
  end
end

describe("bpf.load's set", function()
  it("writes variables by the types that BTF says, and get reads them", function()
    local object <close> = assert(load { set = {
      target_pid = 4294967295, wanted = "nginx", enabled = true, colour = "BLUE", shift = -32768,
    } })
    assert.equal(4294967295, object:get("target_pid"))
    assert.equal("nginx", object:get("wanted"))
    assert.is_true(object:get("enabled"))
    assert.equal("BLUE", object:get("colour"))
    assert.equal(-32768, object:get("shift"))
    assert.equal(0, object:get("lost"))
  end)

  it("keeps what is not set", function()
    local object <close> = assert(load())
    assert.equal(-3, object:get("shift"))
    assert.equal(0, object:get("target_pid"))
  end)

  it("refuses by name what is unknown or does not fit", function()
    for _, case in ipairs {
      { { target = 1 }, "the object has no variable 'target'; it has .*target_pid" },
      { { target_pid = 4294967296 }, "set: target_pid: .*4294967295" },
      { { target_pid = -1 }, "set: target_pid: " },
      { { target_pid = "many" }, "set: target_pid: " },
      { { target_pid = {} }, "set: target_pid: needs a value" },
      { { shift = 32768 }, "set: shift: " },
      { { wanted = "longer than eight" }, "set: wanted: " },
      { { colour = "PINK" }, "set: colour: " },
      { { [1] = 2 }, "set: needs a table by name of variable" },
    } do
      local object, err, errno = load { set = case[1] }
      assert.is_nil(object)
      assert.truthy(err:find(case[2]), err)
      assert.is_nil(err:find("\n"), err)
      assert.equal(22, errno)
    end
    assert.has_error(function() load { set = 1 } end)
    local object <close> = assert(load())
    assert.has_error(function() object:get("nothing") end, "the object has no variable 'nothing'")
  end)

  it("sets the sizes of maps, and refuses unknown ones", function()
    local object <close> = assert(load { sizes = { events = 16384 } })
    local map <close> = object:map("events")
    assert.equal(16384, map:info().max_entries)
    local none, err = load { sizes = { nothing = 1 } }
    assert.is_nil(none)
    assert.truthy(err:find("sizes: the object has no map 'nothing'", 1, true), err)
    assert.has_error(function() load { sizes = { events = 0 } } end)
  end)

  it("takes the file's bytes", function()
    local file <close> = assert(io.open(fixture.object("events"), "rb"))
    local bytes = file:read("a")
    local object <close> = assert(bpf.load("memory/mine.bpf.o",
      { data = bytes, programs = SENDERS, set = { target_pid = 7 } }))
    assert.equal(7, object:get("target_pid"))
    assert.truthy(fixture.find(object:maps(), { name = "mine.bss" })
      or fixture.find(object:maps(), { name = "mine.bpf.bss" }))
    local none, err = bpf.load("memory/cut.bpf.o", { data = bytes:sub(1, 1000) })
    assert.is_nil(none)
    assert.truthy(err:find("^memory/cut.bpf.o: "), err)
  end)
end)

describe("bpf.load's alternatives", function()
  it("loads and attaches the first that the kernel can do", function()
    local object <close> = assert(load {
      programs = { "by_fentry", "by_missing_tracepoint", "by_raw_tracepoint" },
      alternatives = { { "by_fentry" }, { "by_missing_tracepoint" }, { "by_raw_tracepoint" } },
    })
    assert.same({ "by_raw_tracepoint" }, { object:progs()[1].name, #object:progs() > 1 or nil })
    assert.truthy(fixture.find(assert(bpf.links()), { prog_id = object:progs()[1].id }))
  end)

  it("says of each why it can't be had", function()
    local object, err, errno = load {
      programs = { "by_fentry", "by_missing_tracepoint" },
      alternatives = { { "by_fentry" }, { "by_missing_tracepoint" } },
    }
    assert.is_nil(object)
    assert.truthy(err:find("the kernel can do none of the alternatives\nby_fentry: ", 1, true), err)
    assert.truthy(err:find("\nby_missing_tracepoint: ", 1, true), err)
    assert.is_true(errno > 0)
  end)

  it("does not try others when an option is wrong", function()
    local object, err = load { programs = { "by_fentry", "by_raw_tracepoint" },
      alternatives = { { "by_fentry" }, { "by_raw_tracepoint" } }, set = { nothing = 1 } }
    assert.is_nil(object)
    assert.truthy(err:find("the object has no variable 'nothing'", 1, true), err)
    assert.has_error(function() load { alternatives = {} } end)
    assert.has_error(function() load { alternatives = { "by_fentry" } } end)
  end)
end)

describe("object:events", function()
  it("gives a ring buffer's records in order, typed by the object's BTF", function()
    local object <close> = assert(load { set = { target_pid = 42 } })
    local events <close> = assert(object:events("events"))
    assert.same({}, events:read())
    send(object, "send_ring", 1, 20)
    local batch = assert(events:read(1))
    assert.equal(20, #batch)
    for number, record in ipairs(batch) do
      assert.same({ number = number, comm = "events", target = 42, shift = -3 }, record)
    end
    assert.equal(0, events:lost())
    assert.same({}, events:read(0.01))
  end)

  it("counts what a ring buffer had no room for", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("events"))
    send(object, "send_ring", 1, 200)
    local got = #assert(events:read())
    assert.is_true(got > 0 and got < 200)
    assert.equal(200 - got, events:lost())
  end)

  it("gives a perf buffer's records in order of time, and counts its losses", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("samples", { pages = 1 }))
    send(object, "send_perf", 1, 20)
    local got = {}
    assert(fixture.eventually(function()
      for _, record in ipairs(assert(events:read(0.1))) do got[#got + 1] = record.number end
      return #got >= 20
    end))
    for number = 1, 20 do assert.equal(number, got[number]) end
    assert.equal(0, events:lost())
    send(object, "send_perf", 1, 300)
    got = 0
    assert(fixture.eventually(function()
      got = got + #assert(events:read(0.05))
      send(object, "send_perf", 1, 1) -- the kernel reports losses with the next record
      return events:lost() > 0
    end))
    assert.is_true(got > 0 and got < 300)
  end)

  it("reads in batches, and the rest later", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("events", { batch = 8 }))
    send(object, "send_ring", 1, 20)
    local sizes, numbers = {}, {}
    repeat
      local batch = assert(events:read())
      sizes[#sizes + 1] = #batch
      for _, record in ipairs(batch) do numbers[#numbers + 1] = record.number end
    until #batch == 0
    assert.same({ 8, 8, 4, 0 }, sizes)
    for number = 1, 20 do assert.equal(number, numbers[number]) end
  end)

  it("calls a function for each record, until it answers false or the time is over", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("events"))
    send(object, "send_ring", 1, 5)
    local seen = {}
    assert.equal(5, events:each(function(record) seen[#seen + 1] = record.number end, 0.05))
    assert.same({ 1, 2, 3, 4, 5 }, seen)
    send(object, "send_ring", 1, 5)
    seen = 0
    events:each(function(record)
      seen = seen + 1
      return record.number < 3
    end)
    assert.equal(3, seen)
  end)

  it("writes JSON lines without Lua", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("events"))
    send(object, "send_ring", 1, 2)
    local text, count = events:json(1)
    assert.equal('{"number":"1","comm":"events","target":0,"shift":-3}\n'
      .. '{"number":"2","comm":"events","target":0,"shift":-3}\n', text)
    assert.equal(2, count)
    send(object, "send_ring", 3, 3)
    assert.equal('{"shift":-3,"number":"3"}\n', (events:json(1, { "shift", "number" })))
    assert.has_error(function() events:json(0, { "nothing" }) end,
      "json: the records have no 'nothing'")
    assert.has_error(function() events:json(0, {}) end)
  end)

  it("says which record is shorter than its type, or fills it with zeros where asked", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("events"))
    send(object, "send_short", 9, 9)
    assert.same({ { error = "a record of 8 bytes is shorter than its type, which has 32" } },
      events:read())
    send(object, "send_short", 9, 9)
    assert.equal('{"error":"a record of 8 bytes is shorter than its type, which has 32"}\n',
      (events:json()))
    events:close()
    local filled <close> = assert(object:events("events", { partial = true }))
    send(object, "send_short", 9, 9)
    assert.same({ { number = 9, comm = "", target = 0, shift = 0 } }, filled:read())
  end)

  it("gives bytes without a type, and takes a decoder", function()
    local decode = require("lunette.decode")
    local object <close> = assert(load())
    do
      local events <close> = assert(object:events("events", { type = false }))
      send(object, "send_ring", 258, 258)
      local record = events:read()[1]
      assert.equal(32, #record)
      assert.equal(258, (("<I8"):unpack(record)))
    end
    local plan = decode.compile(decode.struct { decode.u64():as("n") }, 8)
    local events <close> = assert(object:events("events", { decoder = plan }))
    send(object, "send_ring", 258, 258)
    assert.same({ { n = 258 } }, events:read())
  end)

  it("carries records of 32 KB, larger than the stack", function()
    local object <close> = assert(load())
    local events <close> = assert(object:events("large", { type = "large" }))
    send(object, "send_large", 1, 20)
    local batch = assert(events:read())
    assert.is_true(#batch >= 5 and #batch < 20)
    assert.equal(20 - #batch, events:lost())
    for number, record in ipairs(batch) do
      assert.equal(number, record.number)
      assert.equal(string.char(97 + (number & 15)):rep(16),
        record.bytes)
    end
  end)

  it("refuses what it can't read", function()
    local object <close> = assert(load())
    local none, err = object:events("scratch")
    assert.is_nil(none)
    assert.equal("scratch: neither a ring buffer nor a perf buffer", err)
    assert.has_error(function() object:events("nothing") end, "the object has no map 'nothing'")
    assert.has_error(function() object:events("events", { type = "nothing" }) end,
      "type: no struct nothing in the object's BTF")
    assert.has_error(function() object:events("samples", { pages = 3 }) end)
    assert.has_error(function() object:events("samples", { pages = 0 }) end)
    local events = assert(object:events("events"))
    events:close()
    events:close()
    assert.has_error(function() events:read() end, "events are closed")
  end)

  it("outlives its object, and leaks no descriptor", function()
    collectgarbage()
    collectgarbage()
    local before = fixture.descriptors()
    for _ = 1, 5 do
      local object = assert(load())
      local events <close> = assert(object:events("events"))
      local perf <close> = assert(object:events("samples"))
      send(object, "send_ring", 1, 1)
      object:close()
      assert.equal(1, #events:read())
      assert.same({}, perf:read())
      assert.equal(0, events:lost())
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, fixture.descriptors())
  end)
end)
