-- Rules and decoders by a map's full name, of which the kernel keeps 15 characters.

local bpf = require("bpf")
local d = require("lunette.decode")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local metrics = lunette.metrics
local registry = require("lunette.registry")
local rule_status = require("lunette.metrics.rule_status")
local support = require("tests.lua.metrics.support")

local function fill(map, values)
  for key, value in pairs(values) do
    assert(map:update(("<I4"):pack(key), ("<I8"):pack(value)))
  end
end

local function fill_of(object, name, values)
  local map <close> = assert(object:map(name))
  fill(map, values)
end

local function rule(name)
  metrics.map {
    name = "requests_total", type = "counter", help = "Requests.", match = { name = name },
    labels = { key = "key" }, value = "value",
  }
end

describe("a match by name", function()
  local object, pins

  -- Once: the kernel frees maps of these names seconds after they are closed.
  setup(function()
    fixture.wait_for_none { "requests_total_", "fifteen_letters" }
    object = assert(bpf.load(fixture.object("long_names")))
    fill_of(object, "requests_total_by_host", { [1] = 5 })
    fill_of(object, "requests_total_by_port", { [1] = 1000 })
  end)
  teardown(function() object:close() end)
  before_each(function()
    support.clear()
    pins = {}
  end)
  after_each(function()
    support.clear()
    for _, path in ipairs(pins) do bpf.unpin(path) end
  end)

  it("takes the map of that name alone, not those that begin alike", function()
    rule("requests_total_by_host")
    assert.equal("5", support.sample(support.text(), 'requests_total{key="1"}'))
  end)

  it("takes all maps of the 15 characters where one writes these", function()
    rule("requests_total_")
    assert.equal("1005", support.sample(support.text(), 'requests_total{key="1"}'))
  end)

  it("takes a glob for the full name", function()
    rule("*_by_port")
    assert.equal("1000", support.sample(support.text(), 'requests_total{key="1"}'))
  end)

  it("takes no map where two may have the name, and the rule's error lists them", function()
    local ids = {}
    for i, name in ipairs { "of_no_known_name_a", "of_no_known_name_b" } do
      pins[i] = fixture.pin(name)
      fixture.run("bpftool map create %s type hash key 4 value 8 entries 4 name %s",
        pins[i], name:sub(1, 15))
      local map <close> = assert(bpf.map(pins[i]))
      fill(map, { [1] = i })
      ids[i] = map:id()
    end
    rule("of_no_known_name_a")
    local text = support.text()
    assert.is_nil(support.sample(text, 'requests_total{key="1"}'))
    assert.equal(("no map is surely named 'of_no_known_name_a': the kernel keeps 15 characters, "
      .. "and maps %d, %d may be it; match by pin, id or program"):format(ids[1], ids[2]),
      rule_status.get("requests_total").error)
  end)

  it("of a decoder takes the map of that name alone", function()
    local _ <close> = setmetatable({}, { __close = function()
      table.remove(registry.list("decoder"))
    end })
    lunette.decoder { match = { name = "requests_total_by_host" }, value = d.hex(8):as("raw") }
    local function kind(name)
      local map <close> = assert(bpf.map(name))
      return map:decoder().kind
    end
    assert.equal("declared", kind("requests_total_by_host"))
    assert.equal("btf", kind("requests_total_by_port"))
  end)
end)
