-- Changes of owners: an event when a process holds other objects, and only then.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local graphql = require("lunette.graphql")
local support = require("tests.lua.schema.support")

-- Starts a process that holds only a map, until it is told to end.
local function start(pin)
  local fifo = os.tmpname()
  os.remove(fifo)
  fixture.run("mkfifo " .. fifo)
  local child = assert(io.popen(("%s run tests/lua/support/hold_pin.lua %s < %s")
    :format(os.getenv("LUNETTE") or "build/lunette", pin, fifo)))
  local input = assert(io.open(fifo, "w"))
  os.remove(fifo)
  return {
    pid = assert(math.tointeger(child:read("n"))),
    stop = function()
      if io.type(input) == "file" then
        input:close()
        child:close()
      end
    end,
  }
end

describe("holding", function()
  local pin = fixture.pin("holding")
  local name = ("hold%d"):format(fixture.pid())
  local id, holder

  setup(function()
    fixture.run(("bpftool map create %s type array key 4 value 4 entries 1 name %s")
      :format(pin, name))
    local map <close> = assert(bpf.map(pin))
    id = map:info().id
  end)
  after_each(function()
    if holder then holder.stop() end
    holder = nil
  end)
  teardown(function() os.remove(pin) end)

  local function subscribe(source)
    return graphql.subscribe { schema = support.schema(), source = "subscription " .. source,
      context = { cache = {}, can_write = false } }
  end

  it("of all processes: who comes and goes is told", function()
    local stream = subscribe "{ processes(every: 3) { pid comm maps { id name } } }"
    assert.equal(3.0, stream.source.every)
    assert.is_true(#stream:event().data.processes >= 0)
    holder = start(pin)
    -- Other processes may cause events meanwhile.
    local function holds(there)
      local event = stream:event()
      if not event then return false end
      local found
      for _, one in ipairs(event.data.processes) do
        if one.pid == holder.pid then found = one end
      end
      if there and found then assert.same({ { id = id, name = name } }, found.maps) end
      return (found ~= nil) == there
    end
    assert.is_true(fixture.eventually(function() return holds(true) end))
    holder.stop()
    assert.is_true(fixture.eventually(function() return holds(false) end))
    holder = nil
  end)

  it("of one process: told once, and when it holds nothing", function()
    holder = start(pin)
    local source = ("{ process(pid: %d) { pid maps { id } } }"):format(holder.pid)
    local stream = subscribe(source)
    assert.same({ pid = holder.pid, maps = { { id = id } } }, stream:event().data.process)
    assert.is_nil(stream:event())
    assert.is_nil(stream:event())
    holder.stop()
    assert.is_true(fixture.eventually(function()
      local event = stream:event()
      return event ~= nil and event.data.process == nil
    end))
    holder = nil
    assert.is_nil(stream:event())
    assert.is_nil(subscribe(source):event().data.process)
  end)
end)
