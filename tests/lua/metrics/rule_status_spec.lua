-- The stored last passes of each rule, and their GraphQL fields.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local graphql = require("lunette.graphql")
local lunette = require("lunette")
local rule_status = require("lunette.metrics.rule_status")
local schema = require("tests.lua.schema.support")
local shared = require("lunette.runtime.shared")
local support = require("tests.lua.metrics.support")

local d, metrics = lunette.decode, lunette.metrics
local QUERY = "{ metricRules { name history(last: 3) { time samples seconds errors } } }"

describe("the passes of a rule", function()
  local object, map
  local name = "passes" .. fixture.pid()

  before_each(function()
    support.clear()
    shared.delete("metrics.passes." .. name)
    object = assert(bpf.load(fixture.object("metrics_big")))
    map = object:map("mx_big")
  end)
  after_each(function()
    shared.delete("metrics.passes." .. name)
    map:close()
    object:close()
    support.clear()
  end)

  local function put(key) assert(map:update(("<c16"):pack(key), ("<I8"):pack(1))) end

  local function declare(fields)
    fields.name, fields.type, fields.match = name, "gauge", { id = map:info().id }
    fields.decode = { key = d.cstring(16):as("who"), value = d.u64() }
    fields.labels = { who = "key" }
    return metrics.map(fields)
  end

  local function samples()
    local list = {}
    for i, pass in ipairs(rule_status.passes(name)) do list[i] = pass.samples end
    return list
  end

  it("are kept, oldest first: when, how many samples, how long", function()
    declare { top = 10 }
    local before = os.time()
    for i = 1, 3 do
      put("k" .. i)
      support.text()
    end
    assert.same({ 1, 2, 3 }, samples())
    local last = 0
    for _, pass in ipairs(rule_status.passes(name)) do
      assert.is_true(pass.time >= before and pass.time >= last and pass.time <= os.time() + 1)
      assert.is_true(pass.seconds > 0)
      assert.equal(0, pass.errors)
      last = pass.time
    end
  end)

  it("tell of what failed in each of them, not since the start", function()
    local bad = true
    metrics.map { name = name, type = "gauge", match = { id = map:info().id }, top = 5,
      value = function()
        if bad then error("bad") end
        return 1
      end }
    put("a")
    put("b")
    support.text()
    bad = false
    support.text()
    local list = rule_status.passes(name)
    assert.same({ 2, 0 }, { list[1].errors, list[2].errors })
    assert.same({ 0, 1 }, { list[1].samples, list[2].samples })
  end)

  it("of what is streamed are counted when that is read", function()
    declare { max_series = math.huge }
    put("a")
    put("b")
    support.text()
    assert.same({ 2 }, samples())
    put("c")
    support.text()
    assert.same({ 2, 3 }, samples())
  end)

  it("are the last 120", function()
    for i = 1, 130 do rule_status.add(name, { time = i, samples = i, seconds = 1, errors = 0 }) end
    local list = rule_status.passes(name)
    assert.equal(120, #list)
    assert.same({ 11, 130 }, { list[1].samples, list[120].samples })
    local last = rule_status.passes(name, 2)
    assert.same({ 129, 130 }, { last[1].time, last[2].time })
  end)

  it("go with the rule: scripts that are loaded anew leave nothing of the old ones", function()
    rule_status.add(name, { time = 1, samples = 1, seconds = 1, errors = 0 })
    declare { top = 10 }
    local fresh = dofile("lua/lunette/metrics/rule_status.lua")
    fresh.add("programs", { time = 1, samples = 1, seconds = 1, errors = 0 })
    assert.same({ 1 }, samples())
    support.clear()
    dofile("lua/lunette/metrics/rule_status.lua").add("programs",
      { time = 2, samples = 1, seconds = 1, errors = 0 })
    assert.same({}, samples())
    shared.delete("metrics.passes.programs")
  end)

  local function rule_of(data)
    for _, rule in ipairs(data.metricRules) do
      if rule.name == name then return rule end
    end
    return nil
  end

  it("are told in GraphQL, by query and as they come", function()
    declare { top = 10 }
    put("a")
    local stream = graphql.subscribe { schema = schema.schema(), source = "subscription " .. QUERY,
      context = { cache = {}, can_write = false } }
    assert.same({}, rule_of(stream:event().data).history)
    assert.is_nil(stream:event())
    for _ = 1, 4 do support.text() end
    local told = rule_of(stream:event().data).history
    assert.equal(3, #told)
    assert.same({ 1, 0 }, { told[3].samples, told[3].errors })
    assert.equal(told[3].time, rule_of(schema.ask(QUERY)).history[3].time)
    assert.is_nil(stream:event())
    assert.equal("last: at least 1",
      schema.refusal("{ metricRules { history(last: 0) { time } } }"):gsub("^.-: last", "last"))
  end)
end)
