-- Objects that seem forgotten: each rule alone, and a leak made on purpose.

local bpf = require("bpf")
local leaks = require("lunette.leaks")
local fixture = require("tests.lua.support.fixture")

local SECOND = 1000000000

-- A view with only the objects that a test adds.
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

  it("tells those that only a map holds, which is of no use itself", function()
    local slot = { kind = "tail_call", how = "map", map_id = 5, prog_id = 1,
      target = "slot 2 of map 5 (jumps)" }
    local found = leaks.find(see { progs = { prog(1) }, attachments = { slot } })
    assert.equal("held by no one but slot 2 of map 5 (jumps)", found[1].why)
    assert.equal("lunette map delete 5 2", found[1].remedy)
    local pinned = leaks.find(see { progs = { prog(1) }, attachments = { slot },
      pins = { { kind = "map", id = 5, path = "/p/jumps" } } })
    assert.equal("rm /p/jumps", pinned[1].remedy)
    local pins = { { kind = "prog", id = 1 } }
    assert.equal(
      "pinned and in slot 2 of map 5 (jumps), but attached nowhere and held by no process",
      why { progs = { prog(1) }, attachments = { slot }, pins = pins })
  end)

  it("lets those be that a running program may jump to", function()
    local slot = { kind = "tail_call", how = "map", map_id = 5, prog_id = 1, target = "slot" }
    local running = prog(2, { map_ids = { 5 } })
    assert.is_nil(why { progs = { prog(1), running },
      attachments = { slot, { kind = "xdp", how = "netlink", prog_id = 2 } } })
    assert.is_nil(why { progs = { prog(1) }, attachments = { slot },
      owners = { { kind = "map", id = 5, pid = 7 } } })
    local circle = prog(1, { map_ids = { 5 } })
    assert.equal("held by no one but slot", why { progs = { circle }, attachments = { slot } })
  end)

  it("lets those be that a struct_ops map has registered, and tells those of others", function()
    local ops = { id = 6, name = "ops", type = "struct_ops" }
    local function inner() return { 1 } end
    local row = { kind = "struct_ops", how = "map", map_id = 6, prog_id = 1, target = "f of ops" }
    local registered = { progs = { prog(1) }, maps = { ops }, inner = inner,
      attachments = { row }, owners = { { kind = "map", id = 6, pid = 7 } } }
    assert.is_nil(why(registered))
    registered.owners = nil
    local alone = leaks.find(see(registered))
    assert.same({ "map", "registered without a link, and held by no process: who registered it is "
      .. "gone, and the kernel still calls its programs", "lunette map delete 6 0" },
      { alone[1].kind, alone[1].why, alone[1].remedy })
    assert.equal(1, #alone)
    row.how, row.link_id = "link", 9
    assert.is_nil(why(registered))
    local found = leaks.find(see { progs = { prog(1) }, maps = { ops }, inner = inner,
      pins = { { kind = "map", id = 6, path = "/p/ops" } } })
    assert.equal("held by no one but map 6 (ops)", found[1].why)
    assert.equal("rm /p/ops", found[1].remedy)
  end)

  it("takes what holds a perf event or a socket for a holder of the program", function()
    for _, kind in ipairs { "perf_event", "socket", "reuseport" } do
      assert.is_nil(why { progs = { prog(1) }, owners = { { kind = kind, id = 1, pid = 7 } } })
    end
  end)

  it("tells those whose device is gone, and those that nothing explains", function()
    assert.equal("the device that it was loaded for is gone",
      why { progs = { prog(1, { orphaned = true }) },
        owners = { { kind = "prog", id = 1, pid = 7 } } })
    assert.equal("attached nowhere that can be seen, held by no process, and pinned nowhere",
      why { progs = { prog(1) } })
  end)

  it("says the name and the memory", function()
    local leak = leaks.find(see { progs = { prog(1) } })[1]
    assert.matches("^take away what holds it and can't be seen", leak.remedy)
    leak.remedy = nil
    assert.same({ kind = "prog", id = 1, name = "p1", memory = 4096,
      why = "attached nowhere that can be seen, held by no process, and pinned nowhere" }, leak)
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

  it("tells those that only a map holds that no one uses", function()
    local outer = { id = 4, name = "outer", type = "hash_of_maps" }
    local found = leaks.find(see {
      maps = { maps[1], outer }, pins = { { kind = "map", id = 4, path = "/p/outer" } },
      inner = function(map) return map.id == 4 and { 3 } or {} end,
    })
    assert.equal(2, #found)
    assert.equal("held by no one but map 4, which no one uses",
      fixture.find(found, { id = 3 }).why)
    for _, leak in ipairs(found) do assert.equal("rm /p/outer", leak.remedy) end
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
    local owners = { { kind = "link", id = 9, pid = 7 } }
    for type, field in pairs { xdp = "ifindex", tcx = "ifindex", netkit = "ifindex",
      cgroup = "cgroup_id", netns = "netns_ino" } do
      local reason = why { links = { { id = 9, type = type, [field] = 0 } }, owners = owners }
      assert.truthy(reason and reason:match("^the .* that it was on is gone$"))
      assert.is_nil(why { links = { { id = 9, type = type, [field] = 1 } }, owners = owners })
    end
  end)

  it("says where they are, and how to get rid of them", function()
    local links = { { id = 9, type = "tracing" } }
    local rows = { { kind = "fentry", how = "link", link_id = 9, target = "vfs_read" } }
    local leak = leaks.find(see { links = links, attachments = rows })[1]
    assert.same({ "vfs_read", "lunette link detach 9" }, { leak.name, leak.remedy })
    local gone = { { id = 9, type = "xdp", ifindex = 0 } }
    local owners = { { kind = "link", id = 9, pid = 77 } }
    assert.equal("kill 77", leaks.find(see { links = gone, owners = owners })[1].remedy)
    assert.equal("nothing but a reboot", leaks.find(see { links = gone })[1].remedy)
  end)
end)

-- The leak found among these objects; waits, because freed objects go with a delay.
local function leak_of(want)
  for _ = 1, 600 do
    local leak = fixture.find(assert(leaks.list { young = 0 }), want)
    if leak then return leak end
    os.execute("sleep 0.05")
  end
  error("it is not told")
end

-- Runs the command of a leak, and waits until the object is gone.
local function get_rid_of(leak)
  local command = leak.remedy:gsub("^lunette", fixture.binary())
  assert(os.execute(command), command)
  local info = leak.kind == "map" and bpf.map_info or leak.kind == "link" and bpf.link_info
    or bpf.prog_info
  for _ = 1, 600 do
    if not info(leak.id) then return end
    os.execute("sleep 0.05")
  end
  error("it is still there after " .. command)
end

describe("leaks.list", function()
  it("finds a map that was pinned and forgotten", function()
    local object = assert(bpf.load(fixture.object("objects")))
    local map, path = assert(object:map("obj_recent")), fixture.pin("forgotten")
    assert(bpf.pin(map, path))
    local id = map:info().id
    finally(function() bpf.unpin(path) end)
    assert.is_nil(fixture.find(leaks.list { young = 0 }, { kind = "map", id = id }))
    map:close()
    object:close()
    local leak = leak_of { kind = "map", id = id }
    assert.equal("pinned, but no program uses it and no process holds it", leak.why)
    assert.equal("rm " .. path, leak.remedy)
    assert.equal("obj_recent", leak.name)
    assert.truthy(leak.memory > 0)
    get_rid_of(leak)
  end)

  it("finds a link whose maker is gone", function()
    local object = assert(bpf.load(fixture.object("objects")))
    object:attach("obj_raw_tp")
    local found = fixture.find(bpf.links(), { prog_id =
      fixture.find(object:progs(), { name = "obj_raw_tp" }).id })
    local path, link = fixture.pin("link"), assert(bpf.link(found.id))
    assert(bpf.pin(link, path))
    finally(function() bpf.unpin(path) end)
    assert.is_nil(fixture.find(leaks.list(), { kind = "link", id = found.id }))
    link:close()
    object:close()
    local leak = leak_of { kind = "link", id = found.id }
    assert.matches("its program still runs$", leak.why)
    assert.equal("sys_exit", leak.name)
    assert.is_nil(fixture.find(leaks.list { young = 0 }, { kind = "prog", id = found.prog_id }))
    get_rid_of(leak)
  end)

  it("finds a program that was pinned and never attached, and not while it is young", function()
    local object = assert(bpf.load(fixture.object("objects")))
    local unused, path = assert(object:prog("obj_xdp")), fixture.pin("unused")
    assert(unused:pin(path))
    local id = unused:info().id
    finally(function() bpf.unpin(path) end)
    unused:close()
    object:close()
    local leak = leak_of { kind = "prog", id = id }
    assert.equal("pinned, but attached nowhere and held by no process", leak.why)
    assert.is_nil(fixture.find(leaks.list { young = 3600 }, { kind = "prog", id = id }))
    get_rid_of(leak)
  end)

  it("finds a program that no one holds but a map of no use", function()
    local object = assert(bpf.load(fixture.object("attach")))
    local map, tail = assert(object:map("att_tails")), assert(object:prog("att_tail"))
    local path, id = fixture.pin("tails"), tail:info().id
    assert(bpf.pin(map, path))
    finally(function() bpf.unpin(path) end)
    assert(map:update(("<I4"):pack(2), ("<I4"):pack(tail:fd())))
    local map_id = map:info().id
    for _, handle in ipairs { map, tail, object } do handle:close() end
    local leak = leak_of { kind = "prog", id = id }
    assert.equal(("held by no one but slot 2 of map %d (att_tails)"):format(map_id), leak.why)
    assert.equal("rm " .. path, leak.remedy)
    get_rid_of(leak)
  end)

  it("finds a link on a control group that is gone", function()
    local root = os.tmpname()
    os.remove(root)
    local group = ("%s/lunette-leak-%d"):format(root, fixture.pid())
    local make = "mkdir %s && mount -t cgroup2 none %s && mkdir %s"
    assert(os.execute(make:format(root, root, group)))
    finally(function()
      os.execute(("rmdir %s 2>/dev/null; umount %s; rmdir %s"):format(group, root, root))
    end)
    local object <close> = assert(bpf.load(fixture.object("attach")))
    assert(object:attach("att_egress", { cgroup = group }))
    local link = fixture.find(bpf.links(), { prog_id = object:prog("att_egress"):info().id })
    assert.is_nil(fixture.find(leaks.list(), { kind = "link", id = link.id }))
    assert(os.execute("rmdir " .. group))
    local leak = leak_of { kind = "link", id = link.id }
    assert.equal("the control group that it was on is gone", leak.why)
    assert.equal("kill " .. fixture.pid(), leak.remedy)
  end)
end)
