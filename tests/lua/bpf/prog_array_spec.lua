-- Reading must not change what is read: a program array opened by id while its owner closed it
-- stayed in the kernel for ever (see src/bpf/object/prog_array_close.h).

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local LOOK = [[
local bpf = require("bpf")
local stop = os.time() + 4
while os.time() < stop do bpf.maps() end]]

local LIST = [[
for _, map in ipairs(assert(require("bpf").maps())) do print(map.name) end]]

describe("many program arrays", function()
  local COUNT = 24
  local folder = fixture.pin("arrays")

  teardown(function() os.execute("rm -rf " .. folder) end)

  it("are listed also with fewer descriptors than there are of them", function()
    fixture.run("mkdir %s", folder)
    for i = 1, COUNT do
      fixture.run("bpftool map create %s/%d type prog_array key 4 value 4 entries 1 name pa_few",
        folder, i)
    end
    local pipe = assert(io.popen(("ulimit -n %d; %s run - 2>&1 <<'END'\n%s\nEND"):format(
      COUNT, fixture.binary(), LIST)))
    local listed = pipe:read("a")
    pipe:close()
    local found = 0
    for _ in listed:gmatch("pa_few\n") do found = found + 1 end
    assert.equal(COUNT, found, listed)
  end)

  it("are read by their ids without one being held afterwards", function()
    local ids, before = {}, fixture.descriptors()
    for _, pin in ipairs(assert(bpf.pins())) do
      if pin.path:sub(1, #folder) == folder then ids[#ids + 1] = pin.id end
    end
    assert.equal(COUNT, #ids)
    assert.equal(COUNT, #assert(bpf.maps { ids = ids }))
    assert.equal(before, fixture.descriptors())
  end)

  it("have no owner in who closed them a moment ago", function()
    local map = assert(bpf.map(folder .. "/1"))
    local look = { kind = "map", id = map:info().id, pid = fixture.pid() }
    assert.is_table(fixture.find(assert(bpf.owners()), look))
    map:close()
    assert.is_nil(fixture.find(assert(bpf.owners()), look))
  end)
end)

describe("a program array", function()
  it("goes with its owner, although someone looks at it all the time", function()
    local script = os.tmpname()
    local file <close> = assert(io.open(script, "w"))
    file:write(LOOK)
    file:flush()
    local ids = {}
    local looking = assert(io.popen(("%s run %s"):format(fixture.binary(), script)))
    for _ = 1, 12 do
      local object <close> = assert(bpf.load(fixture.object("code/net")))
      ids[#ids + 1] = assert(fixture.find(object:maps(), { name = "code_tails" })).id
    end
    looking:close()
    os.remove(script)
    assert.is_true(fixture.eventually(function()
      for _, id in ipairs(ids) do
        if bpf.map_info(id) then return false end
      end
      return true
    end))
  end)
end)
