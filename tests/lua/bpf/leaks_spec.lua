-- What seems forgotten: each rule by itself, and a leak made on purpose.

local bpf = require("bpf")
local leaks = require("lunette.leaks")
local fixture = require("tests.lua.support.fixture")

local SECOND = 1000000000

-- What is seen where there is nothing but what a test adds.
local function see(more)
  local all = {
    progs = {}, maps = {}, links = {}, owners = {}, pins = {}, attachments = {}, now = 100 * SECOND,
    inner = function() return {} end,
  }
  for key, value in pairs(more) do all[key] = value end
  return all
end

local function prog(id, more)
  local info = { id = id, name = "p" .. id, load_time = SECOND, map_ids = {}, memlock = 4096 }
  for key, value in pairs(more or {}) do info[key] = value end
  return info
end

local function why(more)
  local found = leaks.find(see(more))
  assert.truthy(#found <= 1)
  return found[1] and found[1].why
end

describe("leaks.find of programs", function()
  it("lets those be that somebody holds or that run somewhere", function()
    local progs = { prog(1) }
    assert.is_nil(why { progs = progs, owners = { { kind = "prog", id = 1 } } })
    assert.is_nil(why { progs = progs, attachments = { { kind = "xdp", prog_id = 1 } } })
    assert.is_nil(why { progs = { prog(1, { load_time = 95 * SECOND }) } })
    assert.is_nil(why { progs = { prog(1, { own = true }) } })
  end)

  it("tells pinned and unused ones", function()
    assert.equal("pinned, but attached nowhere and held by no process",
      why { progs = { prog(1) }, pins = { { kind = "prog", id = 1 } } })
    assert.is_nil(why { progs = { prog(1) }, pins = { { kind = "prog", id = 1 } },
      owners = { { kind = "prog", id = 1 } } })
  end)

  it("tells those that only a program array holds", function()
    local slot = { kind = "tail_call", prog_id = 1, target = "slot 2 of map 5 (jumps)" }
    assert.equal("held by no one but slot 2 of map 5 (jumps)",
      why { progs = { prog(1) }, attachments = { slot } })
    local pins = { { kind = "prog", id = 1 } }
    assert.equal(
      "pinned and in slot 2 of map 5 (jumps), but attached nowhere and held by no process",
      why { progs = { prog(1) }, attachments = { slot }, pins = pins })
  end)

  it("tells those whose device is gone, and those that nothing explains", function()
    assert.equal("the device that it was loaded for is gone",
      why { progs = { prog(1, { orphaned = true }) }, owners = { { kind = "prog", id = 1 } } })
    assert.equal("attached nowhere that can be seen, held by no process, and pinned nowhere",
      why { progs = { prog(1) } })
  end)

  it("says the name and the memory", function()
    assert.same({ kind = "prog", id = 1, name = "p1", memory = 4096,
      why = "attached nowhere that can be seen, held by no process, and pinned nowhere" },
      leaks.find(see { progs = { prog(1) } })[1])
  end)
end)

describe("leaks.find of maps", function()
  local maps = { { id = 3, name = "m", type = "hash", memlock = 1 } }

  it("lets those be that a program, a process, a link or another map uses", function()
    assert.is_nil(why { maps = maps, owners = { { kind = "map", id = 3 } } })
    assert.is_nil(why { maps = maps, links = { { id = 1, type = "iter", map_id = 3 } },
      owners = { { kind = "link", id = 1 } } })
    assert.is_nil(why { maps = maps, progs = { prog(1, { map_ids = { 3 } }) },
      owners = { { kind = "prog", id = 1 } } })
    assert.is_nil(why {
      maps = { maps[1], { id = 4, type = "array_of_maps" } }, owners = { { kind = "map", id = 4 } },
      inner = function(map) return map.id == 4 and { 3 } or {} end,
    })
  end)

  it("tells the others", function()
    assert.equal("pinned, but no program uses it and no process holds it",
      why { maps = maps, pins = { { kind = "map", id = 3 } } })
    assert.equal("no program uses it, no process holds it, and it is pinned nowhere",
      why { maps = maps })
  end)
end)

describe("leaks.find of links", function()
  it("tells those of processes that are gone", function()
    local links = { { id = 9, type = "tracing" } }
    assert.is_nil(why { links = links, owners = { { kind = "link", id = 9 } } })
    assert.equal("pinned, and held by no process: who made it is gone, and its program still runs",
      why { links = links, pins = { { kind = "link", id = 9 } } })
    assert.equal("held by no process, and pinned nowhere", why { links = links })
  end)

  it("tells those whose place is gone", function()
    local owners = { { kind = "link", id = 9 } }
    for type, field in pairs { xdp = "ifindex", tcx = "ifindex", netkit = "ifindex",
      cgroup = "cgroup_id", netns = "netns_ino" } do
      local reason = why { links = { { id = 9, type = type, [field] = 0 } }, owners = owners }
      assert.truthy(reason and reason:match("^the .* that it was on is gone$"))
      assert.is_nil(why { links = { { id = 9, type = type, [field] = 1 } }, owners = owners })
    end
  end)
end)

describe("leaks.list", function()
  it("finds a map that was pinned and forgotten", function()
    local object = assert(bpf.load(fixture.object("objects")))
    local map, path = assert(object:map("obj_recent")), fixture.pin("forgotten")
    assert(bpf.pin(map, path))
    local id = map:info().id
    finally(function() bpf.unpin(path) end)
    assert.is_nil(fixture.find(leaks.list(), { kind = "map", id = id }))
    map:close()
    object:close()
    local leak = fixture.eventually(function() -- its programs go a moment later
      return fixture.find(assert(leaks.list()), { kind = "map", id = id })
    end)
    assert.equal("pinned, but no program uses it and no process holds it", leak.why)
    assert.equal("obj_recent", leak.name)
    assert.truthy(leak.memory > 0)
  end)

  it("finds a link whose maker is gone", function()
    local object = assert(bpf.load(fixture.object("objects")))
    object:attach("obj_raw_tp")
    local found = fixture.find(bpf.links(), { prog_id =
      fixture.find(object:progs(), { name = "obj_raw_tp" }).id })
    local path, link = fixture.pin("link"), assert(bpf.link(found.id))
    assert(bpf.pin(link, path))
    finally(function() bpf.unpin(path) end)
    link:close()
    object:close()
    local leak = fixture.eventually(function()
      return fixture.find(assert(leaks.list()), { kind = "link", id = found.id })
    end)
    assert.truthy(leak.why:match("its program still runs$"))
  end)
end)
