-- Pins: made, found over every mounted BPF file system, removed.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local object, paths

local function pinned(path) return fixture.find(assert(bpf.pins()), { path = path }) end

local function pin(handle, name)
  local path = fixture.pin(name)
  paths[#paths + 1] = path
  return bpf.pin(handle, path), path
end

describe("pins", function()
  before_each(function()
    paths = {}
    object = assert(bpf.load(fixture.object("objects")))
  end)
  after_each(function()
    object:close()
    for _, path in ipairs(paths) do bpf.unpin(path) end
  end)

  it("of a program, a map and a link", function()
    local started = os.time() - 1 -- file times lag by a tick
    object:attach("obj_raw_tp")
    local prog <close> = assert(object:prog("obj_raw_tp"))
    local map <close> = assert(object:map("obj_counts"))
    local link <close> =
      assert(bpf.link(fixture.find(bpf.links(), { prog_id = prog:info().id }).id))
    for kind, handle in pairs { prog = prog, map = map, link = link } do
      local ok, path = pin(handle, kind)
      assert.is_true(ok)
      local found = pinned(path)
      assert.is_true(found.time >= started and found.time <= os.time() + 1)
      assert.same({ path = path, kind = kind, id = handle:info().id, time = found.time }, found)
    end
  end)

  it("open what they hold, also when nobody else does", function()
    local prog = assert(object:prog("obj_xdp"))
    local id = prog:info().id
    local _, path = pin(prog, "xdp")
    prog:close()
    object:close()
    local again <close> = assert(bpf.prog(path))
    assert.equal(id, again:info().id)
    assert.is_true(bpf.unpin(path))
    assert.is_nil(pinned(path))
  end)

  it("refuse the wrong kind by name", function()
    local prog <close> = assert(object:prog("obj_xdp"))
    local _, path = pin(prog, "kind")
    assert.same({ nil, path .. ": is a prog", 22 }, { bpf.link(path) })
  end)

  it("are found in directories, and in other mounts, once", function()
    local dir, mount = fixture.pin("dir"), os.tmpname()
    os.remove(mount)
    assert(os.execute(("mkdir %s %s && mount -t bpf none %s"):format(dir, mount, mount)))
    finally(function()
      os.execute(("umount -q %s/again %s; rmdir %s %s"):format(mount, mount, mount, dir))
    end)
    local prog <close> = assert(object:prog("obj_xdp"))
    paths = { dir .. "/a name", mount .. "/other" }
    for _, path in ipairs(paths) do assert(bpf.pin(prog, path)) end
    os.execute(("mkdir %s/again && mount --bind %s %s/again"):format(mount, mount, mount))
    for _, path in ipairs(paths) do assert.is_table(pinned(path)) end
    assert.is_nil(pinned(mount .. "/again/other"))
    for _, path in ipairs(paths) do assert(bpf.unpin(path)) end
  end)

  it("say why they can't be made", function()
    local prog <close> = assert(object:prog("obj_xdp"))
    local path = os.tmpname()
    os.remove(path)
    local ok, err = bpf.pin(prog, path)
    assert.is_nil(ok)
    assert.truthy(err:find(path, 1, true))
    local _, there = pin(prog, "twice")
    assert.same({ nil, there .. ": File exists", 17 }, { bpf.pin(prog, there) })
    assert.has_error(function() bpf.pin(prog) end)
    assert.has_error(function() bpf.pin("prog", there) end)
  end)

  it("are found by every spelling of their path", function()
    local prog <close> = assert(object:prog("obj_xdp"))
    local dir, link = fixture.pin("spelled"), os.tmpname()
    assert(os.execute(("mkdir %s && ln -sf %s/a %s"):format(dir, dir, link)))
    finally(function() os.execute(("rm -f %s %s/a; rmdir %s"):format(link, dir, dir)) end)
    paths = { dir .. "/a" }
    assert(bpf.pin(prog, paths[1]))
    local here = io.popen("pwd"):read("l")
    local up = here:gsub("[^/]+", ".."):sub(2)
    for _, path in ipairs { paths[1], dir .. "//a", dir .. "/./a",
      ("%s/../%s/a"):format(dir, dir:match("[^/]+$")), up .. paths[1], link } do
      assert.same({ path = path, kind = "prog", id = prog:info().id }, bpf.pinned(path))
    end
    assert.same({ nil, dir .. "/b: nothing is pinned there", 2 }, { bpf.pinned(dir .. "/b") })
    assert.same({ nil, "/etc/passwd: not in a BPF file system", 22 }, { bpf.pinned("/etc/passwd") })
    assert.is_nil(bpf.pinned(dir))
    -- Removing the link would leave the pin.
    assert.same({ nil, link .. ": a symbolic link: give the pin's own path", 40 },
      { bpf.unpin(link) })
    assert.is_table(pinned(paths[1]))
    assert.is_true(bpf.unpin(dir .. "//a"))
    assert.is_nil(pinned(paths[1]))
  end)

  it("are all that unpin removes", function()
    local path = os.tmpname()
    assert.same({ nil, path .. ": not in a BPF file system", 22 }, { bpf.unpin(path) })
    assert.truthy(os.remove(path))
    assert.same({ nil, path .. ": No such file or directory", 2 }, { bpf.unpin(path) })
    assert.is_nil(bpf.unpin("/sys/fs/bpf"))
  end)
end)
