-- Rules over a map of up to a million entries: which are streamed, and the effect of each option.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")

local d, metrics = lunette.decode, lunette.metrics

describe("a rule over a large map", function()
  local object, map

  before_each(function()
    support.clear()
    object = assert(bpf.load(fixture.object("metrics_big")))
    map = object:map("mx_big")
  end)
  after_each(function()
    map:close()
    object:close()
  end)

  local function put(key, value)
    assert(map:update(("<c16"):pack(key), ("<I8"):pack(value)))
  end

  local function declare(name, fields)
    fields.name, fields.type, fields.match = name, "counter", { id = map:info().id }
    fields.decode = { key = d.cstring(16):as("who"), value = d.u64() }
    fields.labels, fields.max_series = { who = "key" }, fields.max_series or math.huge
    return metrics.map(fields)
  end

  local function streams()
    local page <close> = metrics.page { off = { lunette = true } }
    return (select(2, page:size()))
  end

  it("is streamed when nothing needs all of its series", function()
    put("a", 1)
    declare("large_plain", { skip_zero = true, cpus = "sum" })
    assert.is_true(streams())
    support.clear()
    for option, value in pairs { top = 3, expire = 60, reset = "show",
      exemplar = function() return nil end } do
      support.clear()
      declare("large_" .. option, { [option] = value })
      assert.is_false(streams(), option)
      assert.are.equal("1", support.sample(support.text(), ("large_%s_total{who=\"a\"}")
        :format(option)), option)
    end
  end)

  it("leaves out what has another entry's labels, and counts it", function()
    put("a", 1)
    put("b\0x", 2)
    put("b\0y", 3)
    local rule = declare("large_double", {})
    local text = support.text()
    assert.are.equal("1", support.sample(text, 'large_double_total{who="a"}'))
    local _, lines = text:gsub('\nlarge_double_total{who="b"}', "")
    assert.are.equal(1, lines)
    assert.are.equal(1, metrics.status(rule.name).cut_duplicate)
    text = support.text { off = {}, rules = { [rule.name] = true } }
    assert.are.equal("1", support.sample(text,
      'lunette_rule_series_cut{reason="duplicate",rule="large_double_total"}'))
    assert(map:delete(("<c16"):pack("b\0x")))
    support.text()
    assert.are.equal(0, metrics.status(rule.name).cut_duplicate)
  end)

  it("drops a series that does not change, and has it back", function()
    put("a", 1)
    put("b", 1)
    local rule = declare("large_old", { expire = 0.01 })
    assert.are.equal("1", support.sample(support.text(), 'large_old_total{who="a"}'))
    local began = core.now()
    while core.now() - began < 0.05 do end
    put("b", 2)
    local text = support.text()
    assert.is_nil(support.sample(text, 'large_old_total{who="a"}'))
    assert.are.equal("2", support.sample(text, 'large_old_total{who="b"}'))
    assert.are.equal(1, metrics.status(rule.name).cut_expired)
    put("a", 7)
    assert.are.equal("7", support.sample(support.text(), 'large_old_total{who="a"}'))
  end)

  it("keeps of very many only those that change, and of these the greatest", function()
    local MANY, CHANGED = 60000, 50
    for i = 1, MANY do put(("k%06d"):format(i), i) end
    local rule = declare("large_many", { expire = 0.01, max_series = 20 })
    support.text()
    local began = core.now()
    while core.now() - began < 0.05 do end
    for i = 1, CHANGED do put(("k%06d"):format(i), MANY + i) end
    local text = support.text()
    local _, lines = text:gsub("\nlarge_many_total{", "")
    local status = metrics.status(rule.name)
    assert.are.equal(20, lines)
    assert.are.equal(MANY - CHANGED, status.cut_expired)
    assert.are.equal(CHANGED - 20, status.cut_max)
    assert.are.equal(tostring(MANY + 31), support.sample(text, 'large_many_total{who="k000031"}'))
    assert.is_nil(support.sample(text, 'large_many_total{who="k000030"}'))
  end)

  it("tells by reset when a counter began anew, and streams what fell as it is", function()
    put("a", 5)
    declare("large_told", { reset = "show" })
    declare("large_untold", {})
    support.text()
    put("a", 3)
    local text = support.text { format = "openmetrics" }
    assert.are.equal("3", support.sample(text, 'large_told_total{who="a"}'))
    assert.is_truthy(tonumber(support.sample(text, 'large_told_created{who="a"}')))
    assert.are.equal("3", support.sample(text, 'large_untold_total{who="a"}'))
    assert.is_nil(support.sample(text, 'large_untold_created{who="a"}'))
  end)
end)
