-- Full names of maps: the kernel keeps 15 characters, BTF and pins have the rest.

local bpf = require("bpf")
local decode = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")

local LONG = {
  "requests_total_by_host", "requests_total_by_port", "tcp_connections_by_flow",
  "tcp_connections_by_cookie", "waiting_for_work_flows", "waiting_for_work_cookies",
  "one_of_two_queues_flows", "one_of_two_queues_cookies", "fifteen_letters",
}

-- Maps made without a program, with a name of 15 characters, each by its pin.
local function raw_map(pins, name, size)
  local path = fixture.pin(name)
  fixture.run("bpftool map create %s type hash key 4 value %d entries 4 name %s", path, size or 8,
    name:sub(1, 15))
  pins[#pins + 1] = path
  local map <close> = assert(bpf.map(path))
  return map:id(), path
end

-- The kernel frees a map some time after its last user.
local function number_named(name)
  local n = 0
  for _, info in ipairs(assert(bpf.maps())) do n = n + (info.name == name and 1 or 0) end
  return n
end

local function why_of(id)
  local map <close> = assert(bpf.map(id))
  return map:decoder()
end

describe("full names of maps", function()
  local object, pins, ids

  before_each(function()
    pins, ids = {}, {}
    fixture.wait_for_none { "requests_total_", "tcp_connections", "waiting_for_wor",
      "one_of_two_queu", "fifteen_letters" }
    object = assert(bpf.load(fixture.object("long_names")))
    for _, map in ipairs(object:maps()) do ids[map.name] = map.id end
  end)
  after_each(function()
    object:close()
    for _, path in ipairs(pins) do bpf.unpin(path) end
  end)

  it("are in the list and in the info of one map", function()
    local list = {}
    for _, info in ipairs(assert(bpf.maps())) do list[info.id] = info end
    for _, name in ipairs(LONG) do
      local map <close> = assert(bpf.map(ids[name]))
      assert.same({ name, name:sub(1, 15) }, { list[ids[name]].full_name, list[ids[name]].name })
      assert.equal(name, bpf.map_info(ids[name]).full_name)
      assert.equal(name, map:info().full_name)
    end
  end)

  it("open a map; the kernel's name opens it where one map alone has it", function()
    for _, name in ipairs(LONG) do
      local map <close> = assert(bpf.map(name))
      assert.equal(ids[name], map:id())
    end
    local map, err, errno = bpf.map("requests_total_")
    assert.same({ nil, ("2 maps are named 'requests_total_': ids %d, %d"):format(
      ids.requests_total_by_host, ids.requests_total_by_port), 76 }, { map, err, errno })
    assert.same({ nil, "no map is named 'requests_total_by_user'", 2 },
      { bpf.map("requests_total_by_user") })
  end)

  it("of short names, and of global data, are the kernel's", function()
    local other <close> = assert(bpf.load(fixture.object("maps")))
    for _, map in ipairs(other:maps()) do
      local info = assert(bpf.map_info(map.id))
      assert.equal(info.name, info.full_name)
    end
  end)

  it("come from a pin's path where no BTF has them", function()
    local id, path = raw_map(pins, "cilium_lb4_reverse_nat")
    local last = path:match("[^/]+$") -- does not begin with the kernel's name
    assert.is_nil(bpf.map_info(id).full_name)
    local map <close> = assert(bpf.map(id))
    pins[#pins + 1] = "/sys/fs/bpf/cilium_lb4_reve_of_" .. last
    assert(bpf.pin(map, pins[#pins]))
    local full = fixture.eventually(function() return bpf.map_info(id).full_name end)
    assert.equal("cilium_lb4_reve_of_" .. last, full)
  end)

  it("that nothing has are not made up: the maps that may have it are listed", function()
    local one, two = raw_map(pins, "unknown_name_xy_a"), raw_map(pins, "unknown_name_xy_b")
    assert.is_nil(bpf.map_info(one).full_name)
    local map, err = bpf.map("unknown_name_xy_a")
    assert.is_nil(map)
    assert.equal(("2 maps may be named 'unknown_name_xy_a': ids %d, %d"):format(one, two), err)
    bpf.unpin(table.remove(pins))
    fixture.eventually(function() return not bpf.map_info(two) end)
    local only <close> = assert(bpf.map("unknown_name_xy_a"))
    assert.equal(one, only:id())
  end)

  it("give a map the types of its own declaration alone", function()
    assert.same({ "BTF flow", "btf" }, { why_of(ids.tcp_connections_by_flow).name,
      why_of(ids.tcp_connections_by_flow).kind })
    assert.equal("default", why_of(ids.tcp_connections_by_cookie).kind)
    assert.equal("BTF flow", why_of(ids.waiting_for_work_flows).name)
    assert.equal("default", why_of(ids.waiting_for_work_cookies).kind)
    assert.equal("BTF cookie", why_of(ids.one_of_two_queues_cookies).name)
  end)

  it("that can't be told leave the types open, and say why", function()
    object:close()
    local alone <close> = assert(bpf.load(fixture.object("long_names"),
      { programs = { "ln_use_of_one_map" } }))
    local path = fixture.pin("one")
    local prog <close> = assert(alone:prog("ln_use_of_one_map"))
    pins[#pins + 1] = path
    assert(bpf.pin(prog, path))
    alone:close() -- which frees the queue that the program doesn't use
    local id = prog:info().map_ids[1]
    assert(fixture.eventually(function() return number_named("one_of_two_queu") == 1 end))
    local info = bpf.map_info(id)
    assert.is_nil(info.full_name)
    local decoder = decode.for_map(info)
    assert.equal("default", decoder.kind)
    assert.matches("ambiguous: the kernel's name 'one_of_two_queu' may stand for "
      .. "one_of_two_queues_flows, one_of_two_queues_cookies", decoder.why, 1, true)
  end)
end)
