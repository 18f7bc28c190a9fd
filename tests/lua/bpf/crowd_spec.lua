-- Lists of many maps: from the second list on, they come from the cache and one kernel walk.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

-- The list of the test's own maps, because other maps come and go.
local function listed(ours)
  local list = {}
  for _, info in ipairs(assert(bpf.maps())) do
    if ours[info.id] then list[#list + 1] = info end
  end
  return list
end

local function ids_of(object)
  local ours = {}
  for _, map in ipairs(object:maps()) do ours[map.id] = true end
  return ours
end

local function count(set)
  local n = 0
  for _ in pairs(set) do n = n + 1 end
  return n
end

-- Freezes one, and fills another that takes memory as it fills.
local function change(types, grows)
  local inner <close> = types:map("mt_inner")
  assert(inner:freeze())
  local trie <close> = types:map(grows.name)
  for i = 1, 4 do
    assert(trie:update(("<I4"):pack(32) .. string.char(10, 0, 0, i),
      ("\0"):rep(grows.value_size)))
  end
end

describe("a list of many maps", function()
  local crowd

  setup(function() crowd = assert(bpf.load(fixture.object("crowd"))) end)
  teardown(function() crowd:close() end)

  it("says again what each map says by itself", function()
    local types <close> = assert(bpf.load(fixture.object("maps")))
    local ours = ids_of(types)
    bpf.maps()
    local again = listed(ours)
    assert.equal(count(ours), #again)
    for _, info in ipairs(again) do assert.same(bpf.map_info(info.id), info) end
    ours = ids_of(crowd)
    again = listed(ours)
    assert.equal(count(ours), #again)
    assert.same(bpf.map_info(again[1].id), again[1])
  end)

  it("sees a map frozen, filled, come and gone", function()
    local types = assert(bpf.load(fixture.object("maps")))
    local ours = ids_of(types)
    bpf.maps()
    local grows = fixture.find(listed(ours), { type = "lpm_trie" })
    local frozen = fixture.find(listed(ours), { name = "mt_inner" })
    assert.is_false(frozen.frozen)
    change(types, grows)
    local now = listed(ours)
    assert.is_true(fixture.find(now, { id = frozen.id }).frozen)
    if fixture.since(6, 4) then -- older kernels report the most memory that a map may take
      assert.is_true(fixture.find(now, { id = grows.id }).memlock > grows.memlock)
    end
    types:close()
    assert.is_true(fixture.eventually(function() return #listed(ours) == 0 end))
  end)

  it("gives the ids in their order", function()
    bpf.ids("map")
    local ids, ours = bpf.ids("map"), ids_of(crowd)
    local seen = 0
    for i, id in ipairs(ids) do
      assert.is_true(i == 1 or id > ids[i - 1])
      if ours[id] then seen = seen + 1 end
    end
    assert.equal(count(ours), seen)
  end)

  it("is of some alone: those that are there, each once and by id", function()
    local ids = {}
    for id in pairs(ids_of(crowd)) do ids[#ids + 1] = id end
    table.sort(ids)
    local gone = assert(bpf.load(fixture.object("maps")))
    local was = gone:maps()[1].id
    gone:close()
    assert.is_true(fixture.eventually(function() return not bpf.map_info(was) end))
    for _, count_asked in ipairs { 3, #ids } do
      local asked, seen = { was, ids[1] }, {}
      for i = count_asked, 1, -1 do asked[#asked + 1] = ids[i] end
      for i, info in ipairs(assert(bpf.maps { ids = asked })) do
        assert.same(bpf.map_info(info.id), info)
        seen[i] = info.id
      end
      assert.same(table.move(ids, 1, count_asked, 1, {}), seen)
    end
    assert.same({}, bpf.maps { ids = {} })
  end)

  it("is asked for rightly", function()
    assert.has_error(function() bpf.maps { ids = 1 } end)
    assert.has_error(function() bpf.maps { ids = { "x" } } end)
    assert.has_error(function() bpf.maps { ids = { -1 } } end)
  end)

  it("opens no map that it knows", function()
    bpf.maps()
    local before = fixture.descriptors()
    for _ = 1, 5 do bpf.maps() end
    assert.equal(before, fixture.descriptors())
  end)
end)

describe("owners of one object", function()
  it("are those of all that hold it", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    object:attach()
    local pid = fixture.pid()
    local map, uprobe = object:maps()[1],
      fixture.find(object:progs(), { name = "obj_uprobe" })
    local holders = assert(bpf.owners { kind = "map", id = map.id })
    assert.is_table(fixture.find(holders, { kind = "map", id = map.id, pid = pid }))
    for _, owner in ipairs(holders) do assert.equal(map.id, owner.id) end
    local kinds = {}
    for _, owner in ipairs(assert(bpf.owners { kind = "prog", id = uprobe.id })) do
      kinds[owner.kind] = true
      assert.equal(uprobe.id, owner.id)
    end
    assert.is_true(kinds.prog)
    assert.same({}, bpf.owners { kind = "link", id = 0 })
    local held = assert(bpf.owners { pid = pid })
    assert.is_true(#held > 0)
    for _, owner in ipairs(held) do assert.equal(pid, owner.pid) end
  end)

  it("are asked for rightly", function()
    assert.has_error(function() bpf.owners { kind = "thing", id = 1 } end)
    assert.has_error(function() bpf.owners { kind = "map" } end)
    assert.has_error(function() bpf.owners { pid = -1 } end)
  end)
end)
