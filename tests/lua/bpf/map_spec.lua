-- Map handles: opening, reading and writing in every form, walking, ring buffers, storage.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function u32(x) return ("<I4"):pack(x) end
local function u64(x) return ("<I8"):pack(x) end

local object

local function open(name) return assert(object:map(name)) end

local function walked(map, options)
  local list = {}
  for key, value in map:each(options) do list[#list + 1] = { key, value } end
  return list
end

local function drained(stream)
  local parts = {}
  for chunk in function() return stream:read() end do parts[#parts + 1] = chunk end
  stream:close()
  return table.concat(parts)
end

-- The error of kernels that let no process load the iterators of local storage.
local REFUSED = "^map %d+: the kernel refuses the program %(iter/[%w_]+%) that reads it: "
  .. "Operation not permitted$"

describe("bpf.map", function()
  before_each(function() object = assert(bpf.load(fixture.object("maps"))) end)
  after_each(function() object:close() end)

  it("opens by id, name and pin", function()
    local map <close> = open("mt_hash")
    local by_id <close> = assert(bpf.map(map:id()))
    assert.equal("mt_hash", by_id:info().name)
    local path = fixture.pin("map")
    assert.truthy(bpf.pin(map, path))
    local by_pin <close> = assert(bpf.map(path))
    assert.equal(map:id(), by_pin:id())
    bpf.unpin(path)
  end)

  it("says what is missing, and which ids share a name", function()
    local none, err, errno = bpf.map(0x7fffffff)
    assert.is_nil(none)
    assert.matches("map 2147483647: No such file", err)
    assert.equal(2, errno)
    assert.same({ nil, "no map is named 'mt_nobody'", 2 }, { bpf.map("mt_nobody") })
    local again <close> = assert(bpf.load(fixture.object("maps")))
    none, err = bpf.map("mt_lru")
    assert.is_nil(none)
    assert.matches("maps are named 'mt_lru': ids %d+, %d+", err)
    assert.truthy(again)
  end)

  it("refuses what is not a map", function()
    assert.same({ nil, "/nowhere: No such file or directory", 2 }, { bpf.map("/nowhere") })
    assert.has_error(function() bpf.map(-1) end)
    assert.has_error(function() bpf.map({}) end)
  end)

  it("updates, looks up and deletes", function()
    local map <close> = open("mt_lru")
    assert.is_true(map:update(u64(7), u64(700)))
    assert.equal(u64(700), map:lookup(u64(7)))
    assert.same({ nil, "no such key", 2 }, { map:lookup(u64(8)) })
    assert.is_nil((map:update(u64(7), u64(1), "noexist")))
    assert.is_true(map:update(u64(7), u64(1), "exist"))
    assert.is_true(map:delete(u64(7)))
    assert.is_nil((map:delete(u64(7))))
  end)

  it("refuses keys and values of the wrong size by name", function()
    local map <close> = open("mt_lru")
    assert.error_matches(function() map:lookup("abc") end, "key: has 3 bytes, the map.s keys have")
    assert.error_matches(function() map:update(u64(1), "abc") end, "value: has 3 bytes")
  end)

  it("gives a per-CPU value as a list, and takes one for all or a list", function()
    local map <close> = open("mt_pc_hash")
    local cpus = bpf.cpus()
    assert.is_true(map:update(u32(1), u64(5)))
    local values = map:lookup(u32(1))
    assert.equal(cpus, #values)
    for _, value in ipairs(values) do assert.equal(u64(5), value) end
    values[1] = u64(9)
    assert.is_true(map:update(u32(1), values))
    assert.same(values, map:lookup(u32(1)))
    assert.error_matches(function() map:update(u32(1), { u64(1), u64(2), u64(3), u64(4), u64(5),
      table.unpack(values) }) end, "one a possible CPU")
  end)

  it("pushes, peeks and pops", function()
    local queue <close> = open("mt_queue")
    local stack <close> = open("mt_stack")
    for i = 1, 3 do
      assert.is_true(queue:push(u32(i)))
      assert.is_true(stack:push(u32(i)))
    end
    assert.equal(u32(1), queue:peek())
    assert.equal(u32(1), queue:pop())
    assert.equal(u32(3), stack:pop())
    assert.equal(2, queue:count())
    assert.equal(2, stack:count())
    assert.matches("next element", (select(2, queue:cursor())))
  end)

  it("freezes", function()
    local map <close> = open("mt_array")
    assert.is_true(map:freeze())
    assert.is_nil((map:update(u32(0), u64(1))))
    assert.is_true(map:info().frozen)
  end)

  it("walks every entry once, raw and decoded", function()
    local map <close> = open("mt_lru")
    for i = 1, 50 do map:update(u64(i), u64(i * i)) end
    local seen = {}
    for key, value in map:each() do
      assert.equal(key * key, value)
      assert.is_nil(seen[key])
      seen[key] = true
    end
    assert.equal(50, #walked(map, { raw = true }))
    assert.equal(50, map:count())
  end)

  it("goes on where another cursor stood", function()
    for _, name in ipairs { "mt_lru", "mt_array", "mt_lpm" } do
      local map <close> = open(name)
      if name == "mt_lru" then for i = 1, 40 do map:update(u64(i), u64(i)) end end
      if name == "mt_lpm" then
        for i = 1, 9 do map:update(u32(32) .. string.char(10, 0, 0, i), u32(i)) end
      end
      local all = walked(map, { raw = true })
      for stop = 0, #all do
        local first <close> = assert(map:cursor { raw = true })
        for _ = 1, stop do first:next() end
        local position, rest = first:position(), {}
        if position then rest = walked(map, { raw = true, after = position }) end
        assert.equal(#all - stop, #rest, ("%s after %d"):format(name, stop))
        if rest[1] then assert.equal(all[stop + 1][1], rest[1][1]) end
      end
    end
  end)

  it("streams JSON, NDJSON and CSV", function()
    local map <close> = open("mt_pc_hash")
    map:update(u32(3), u32(1) .. u32(2))
    local cpus = bpf.cpus()
    local one = '{"a":1,"b":2}'
    local list = one .. ("," .. one):rep(cpus - 1)
    assert.equal(('[{"key":3,"cpuValues":[%s]}]\n'):format(list),
      drained(map:stream { format = "json" }))
    assert.equal(('{"key":3,"cpuValues":[%s]}\n'):format(list), drained(map:stream()))
    local rows = "key,cpu,a,b\n"
    for cpu = 0, cpus - 1 do rows = rows .. ("3,%d,1,2\n"):format(cpu) end
    assert.equal(rows, drained(map:stream { format = "csv" }))
    map:delete(u32(3))
    assert.equal("[]\n", drained(map:stream { format = "json" }))
  end)

  it("says after the end that the map changed while it was streamed", function()
    local types <close> = assert(bpf.load(fixture.object("map_types")))
    local map <close> = types:map("ty_devices")
    for i = 1, 20000 do assert(map:update(u32(i), u32(1))) end
    local quiet <close> = assert(map:stream { format = "csv" })
    assert.is_nil(quiet:note())
    for _ in function() return quiet:read() end do end
    assert.is_nil(quiet:note())
    for _, decoder in ipairs { false, require("lunette.decode").trial(map:info(),
      { source = { file = "test", line = 1 }, value = function() return 1 end }) } do
      for i = 1, 20000 do map:update(u32(i), u32(1)) end
      local cursor <close> = assert(map:cursor { raw = true })
      local first = cursor:next()
      local stream <close> = assert(map:stream { format = "json", decoder = decoder or nil })
      local text = { stream:read() }
      for i = 1, 20000 do if u32(i) ~= first then map:delete(u32(i)) end end
      for chunk in function() return stream:read() end do text[#text + 1] = chunk end
      assert.matches("changed while it was read", stream:note())
      assert.is_table(require("lunette.runtime.json").decode(table.concat(text)))
    end
  end)

  it("counts inside the kernel", function()
    local map <close> = open("mt_hash")
    local lpm <close> = open("mt_lpm")
    for i = 1, 5 do map:update(u32(i) .. u32(i), ("\0"):rep(map:info().value_size)) end
    lpm:update(u32(8) .. "\10\0\0\0", u32(1))
    local fill = assert(bpf.fill())
    -- For hashes the kernel reports it since 6.6.
    assert.equal(fixture.since(6, 6) and 5 or nil, fill[map:id()])
    assert.equal(1, fill[lpm:id()])
    local array <close> = open("mt_array")
    assert.equal(5, fill[array:id()])
  end)

  it("says why some types can't be read", function()
    for name, why in pairs { mt_task = "through its owners", mt_bloom = "bloom filter",
      mt_perf = "perf event array",
      mt_cgroups = "cgroup array", mt_ring = "ring buffer" } do
      local map <close> = open(name)
      assert.matches(why, map:unreadable())
      local cursor, err, errno = map:cursor()
      assert.is_nil(cursor)
      assert.matches(why, err)
      assert.equal(95, errno)
      assert.error_matches(function() map:each() end, why)
      local count, reason = map:count()
      assert.truthy(count or reason:find(why, 1, true))
    end
  end)

  it("looks into a ring buffer and consumes nothing", function()
    local map <close> = open("mt_ring")
    assert.same({}, map:ring().records)
    assert.equal(1, object:attach("mt_fill_ring"))
    os.execute("true")
    object:detach()
    local ring = assert(map:ring(3))
    assert.equal(u32(1) .. u32(2), ring.records[1].data)
    assert.is_true(ring.records[2].discarded)
    assert.equal(u32(3) .. u32(4), ring.records[3].data)
    assert.equal(3, #ring.records)
    assert.truthy(ring.used >= 48 and ring.used <= ring.size)
    assert.equal(ring.used, map:ring().used)
    local hash <close> = open("mt_hash")
    assert.matches("is no ring buffer", (select(2, hash:ring())))
  end)

  it("has an empty storage where no owner has a value", function()
    local newer <close> = bpf.load(fixture.object("cgrp_storage")) -- Linux 6.2
    for _, name in ipairs { "mt_task", "mt_sk", "mt_inode", newer and "mt_cgrp" } do
      local map <close> = name == "mt_cgrp" and newer:map(name) or open(name)
      local found, err = map:storage()
      if found then assert.same({}, found, name)
      else assert.matches(REFUSED, err, name) end
    end
  end)

  it("finds what is stored for an inode, by its open file", function()
    local map <close> = open("mt_inode")
    local file <close> = assert(io.open("/etc/passwd"))
    -- User space names the inode by a descriptor; the result is this process's highest descriptor
    -- of a regular file.
    local fd = fixture.output(("ls -l /proc/%d/fd"):format(fixture.pid()))
      :match("(%d+) %-> /etc/passwd")
    assert.is_true(map:update(("<i4"):pack(math.tointeger(fd)), u32(1) .. u32(2)))
    local entries = assert(map:storage())
    -- Another process may have it open, too, where this root is mounted a second time.
    assert.matches("/etc/passwd$", entries[1].owner.path)
    assert.same({ a = 1, b = 2 }, entries[1].value)
    assert.truthy(file)
  end)

  it("tells an inode once, however many have it open, under whatever name", function()
    local map <close> = open("mt_inode")
    local path = os.tmpname()
    local other = path .. ".other"
    assert(os.execute(("ln %s %s"):format(path, other)))
    local one <close> = assert(io.open(path))
    local two <close> = assert(io.open(other))
    local holder = assert(io.popen(("exec 3< %s; echo $$; exec sleep 600"):format(path)))
    local pid = holder:read("l")
    local fd = fixture.output(("ls -l /proc/%d/fd"):format(fixture.pid()))
      :match("(%d+) %-> " .. path)
    assert.is_true(map:update(("<i4"):pack(math.tointeger(fd)), u32(3) .. u32(4)))
    local entries = assert(map:storage())
    os.execute("kill " .. pid)
    holder:close()
    os.remove(path)
    os.remove(other)
    local ours = 0
    for _, entry in ipairs(entries) do
      if entry.owner.path:sub(1, #path) == path then ours = ours + 1 end
    end
    assert.equal(1, ours)
    assert.truthy(one and two)
  end)

  it("is closed first, and once", function()
    local map = open("mt_hash")
    map:close()
    map:close()
    assert.error_matches(function() map:lookup("x") end, "map is closed")
    local other = open("mt_array")
    local cursor = assert(other:cursor())
    other:close()
    assert.equal(0, cursor:next())
    cursor:close()
    assert.error_matches(function() cursor:next() end, "cursor is closed")
  end)

  it("leaks no descriptor by collection, errors or loops that are left", function()
    collectgarbage()
    local before = fixture.descriptors()
    local map = open("mt_lru")
    for i = 1, 10 do map:update(u64(i), u64(i)) end
    for _ = 1, 20 do
      pcall(function()
        for _ in map:each() do error("left") end
      end)
      assert(bpf.map(map:id()))
      map:stream()
      bpf.map("mt_nobody")
    end
    map = nil
    collectgarbage()
    collectgarbage()
    assert.equal(before, fixture.descriptors())
    assert.is_nil(map)
  end)
end)
