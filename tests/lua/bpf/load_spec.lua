-- Loading, attaching, and the release of everything on close.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function getpgid(times)
  for _ = 1, times do os.execute("kill -0 $$; /usr/bin/env true") end
end

describe("bpf.load", function()
  it("loads programs and maps, and attaches by section", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    assert.equal(7, #object:progs())
    assert.equal("xdp", fixture.find(object:progs(), { name = "obj_xdp" }).section)
    assert.equal(2, #object:maps())
    assert.equal(6, object:attach())
    local map <close> = assert(object:map("obj_counts"))
    assert.equal("obj_counts", map:info().name)
    local prog <close> = assert(object:prog("obj_tp_btf"))
    assert.equal("tracing", prog:info().type)
  end)

  it("runs what it attached, until it is detached", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local map <close> = object:map("obj_counts")
    local function count()
      local sum = 0
      for _, value in ipairs(map:lookup(("<I4"):pack(0))) do sum = sum + ("<I8"):unpack(value) end
      return sum
    end
    assert.equal(1, object:attach("obj_tp_btf"))
    getpgid(1)
    local after = count()
    assert.truthy(after >= 2)
    object:detach()
    -- A run started by another process may still be ending.
    assert.is_true(fixture.eventually(function()
      local stopped = count()
      getpgid(1)
      return stopped == count()
    end))
  end)

  it("gives handles on what it loaded also where nothing can be listed", function()
    local EPERM = 1
    local said = fixture.output(("setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "
      .. "%s run tests/lua/support/bounded.lua 2>&1"):format(fixture.binary()))
    assert.equal(("obj_counts\tobj_tp_btf\t1\t%d\n"):format(EPERM), said)
  end)

  it("releases everything on close", function()
    local object = assert(bpf.load(fixture.object("objects")))
    object:attach()
    local progs, maps = object:progs(), object:maps()
    local link = fixture.find(bpf.links(), { prog_id = progs[1].id })
    object:close()
    object:close()
    assert.is_true(fixture.eventually(function()
      local left = bpf.link_info(link.id)
      for _, prog in ipairs(progs) do left = left or bpf.prog_info(prog.id) end
      for _, map in ipairs(maps) do left = left or bpf.map_info(map.id) end
      return not left
    end))
    assert.has_error(function() object:progs() end, "object is closed")
    assert.has_error(function() object:attach() end, "object is closed")
  end)

  it("leaks no descriptor by collection", function()
    collectgarbage()
    local before = fixture.descriptors()
    local function round()
      local object = assert(bpf.load(fixture.object("objects")))
      object:attach()
      bpf.load(fixture.object("rejected"))
    end
    for _ = 1, 5 do round() end
    collectgarbage()
    collectgarbage()
    assert.equal(before, fixture.descriptors())
  end)

  it("says what the verifier said", function()
    local object, err, errno = bpf.load(fixture.object("rejected"))
    assert.is_nil(object)
    assert.equal(13, errno)
    assert.truthy(err:find("R1 invalid mem access 'scalar'", 1, true))
    assert.truthy(err:find("rejected.bpf.o: Permission denied", 1, true))
  end)

  it("says why a file is no object", function()
    local _, err, errno = bpf.load("/nowhere.o")
    assert.equal(2, errno)
    assert.truthy(err:match("^/nowhere%.o: No such file or directory"))
    local other, why = bpf.load("/etc/passwd")
    assert.is_nil(other)
    assert.truthy(why:match("^/etc/passwd: "))
  end)

  it("raises on names that the object does not have", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    assert.has_error(function() object:map("nope") end, "the object has no map 'nope'")
    assert.has_error(function() object:prog("nope") end, "the object has no program 'nope'")
    assert.has_error(function() object:attach("nope") end, "the object has no program 'nope'")
    local n, err, errno = object:attach("obj_xdp")
    assert.is_nil(n)
    assert.equal(95, errno)
    assert.truthy(err:match("^obj_xdp: "))
  end)
end)
