-- Subscriptions of the schema: each field's source, and its events' answers.

local graphql = require("lunette.graphql")
local fixture = require("tests.lua.support.fixture")
local support = require("tests.lua.schema.support")

describe("subscriptions", function()
  local object, main, hash

  setup(function()
    object = support.load()
    main, hash = object:prog("sch_main"):info().id, object:map("sch_hash"):info().id
  end)

  teardown(function() object:close() end)

  local function subscribe(source, variables)
    return graphql.subscribe {
      schema = support.schema(), source = source, variables = variables,
      context = { cache = {}, can_write = false },
    }
  end

  it("objects tell what came and went", function()
    local stream = subscribe [[subscription { objects { kind added removed programs { id name }
      maps { id } } }]]
    assert.equal("objects", stream.source.topic)
    local came = stream:event { kind = "program", added = { main }, removed = { 7 } }.data.objects
    assert.same({ "PROGRAM", { main }, { 7 } }, { came.kind, came.added, came.removed })
    assert.same({ { id = main, name = "sch_main" } }, came.programs)
    assert.same({}, came.maps)
    local went = stream:event { kind = "map", added = {}, removed = { 1 } }.data.objects
    assert.same({ "MAP", {} }, { went.kind, went.programs })
  end)

  it("what came and is gone again says so", function()
    local stream = subscribe "subscription { objects { maps { id error } } }"
    local event = stream:event { kind = "map", added = { 2000000000 }, removed = {} }
    assert.equal("map with ID 2000000000 not found", event.data.objects.maps[1].error)
  end)

  it("programRates follow the sampler's topic, of the programs asked for", function()
    local stream = subscribe(("subscription { programRates(ids: [%d]) { programId cpu runs average "
      .. "program { name } } }"):format(main))
    assert.equal("programRates", stream.source.topic)
    local rate = { time = 5.0, seconds = 1.0, runs = 2.0, cpu = 0.25, misses = 0.0 }
    local other = { id = 1, time = 5.0, seconds = 1.0, runs = 1.0, cpu = 0.5, misses = 0.0 }
    local mine = { id = main, average = 0.125 }
    for name, value in pairs(rate) do mine[name] = value end
    local rates = stream:event({ other, mine }).data.programRates
    assert.equal(1, #rates)
    assert.same({ main, 0.25, 2.0, 0.125, "sch_main" },
      { rates[1].programId, rates[1].cpu, rates[1].runs, rates[1].average, rates[1].program.name })
  end)

  it("programRates come more seldom than the sampler's, where asked", function()
    local stream = subscribe "subscription { programRates(every: 5) { programId } }"
    assert.equal(5.0, stream.source.every)
    assert.equal("table", type(stream:event().data.programRates))
  end)

  it("mapTable reads the map anew for each event", function()
    local stream = subscribe(("subscription { mapTable(id: %d, every: 0.5, "
      .. 'sort: { column: "value" }) { rows { cells } } }'):format(hash))
    assert.equal(0.5, stream.source.every)
    object:map("sch_hash"):update(("<I4"):pack(1), ("<I8"):pack(10))
    assert.same({ 1, 10 }, stream:event().data.mapTable.rows[1].cells)
    object:map("sch_hash"):update(("<I4"):pack(1), ("<I8"):pack(11))
    assert.same({ 1, 11 }, stream:event().data.mapTable.rows[1].cells)
    assert.is_nil(stream:event())
    object:map("sch_hash"):delete(("<I4"):pack(1))
    assert.same({}, stream:event().data.mapTable.rows)
  end)

  it("mapChanges tell what came, went and changed, and how fast", function()
    local map = object:map("sch_hash")
    local function u32(n) return ("<I4"):pack(n) end
    local function u64(n) return ("<I8"):pack(n) end
    map:update(u32(1), u64(10))
    map:update(u32(2), u64(20))
    local stream = subscribe(([[subscription { mapChanges(id: %d) { entries seconds truncated
      columns { name } added { key cells } removed { cells }
      changed { key before after rates } } }]]):format(hash))
    local function event() return stream:event().data.mapChanges end
    local first = event()
    assert.same({ 2, {}, {}, {} }, { first.entries, first.added, first.removed, first.changed })
    assert.is_nil(first.seconds)
    assert.is_nil(stream:event())
    map:update(u32(1), u64(15))
    map:delete(u32(2))
    map:update(u32(3), u64(30))
    local second = event()
    assert.same({ { key = "03000000", cells = { 3, 30 } } }, second.added)
    assert.same({ { cells = { 2, 20 } } }, second.removed)
    local changed = second.changed[1]
    assert.same({ { 1, 10 }, { 1, 15 } }, { changed.before, changed.after })
    assert.equal(0, changed.rates[1])
    assert.is_true(math.abs(changed.rates[2] * second.seconds - 5) < 1e-6)
    for key in map:each { raw = true } do map:delete(key) end
    assert.equal(2, #event().removed)
  end)

  it("mapChanges let go of what they compare with when they end", function()
    local methods = debug.getregistry()["lunette.snapshot"].__index
    local close, closed = methods.close, 0
    methods.close = function(...)
      closed = closed + 1
      return close(...)
    end
    local stream = subscribe(("subscription { mapChanges(id: %d) { share addedCount } }")
      :format(hash))
    local first = stream:event().data.mapChanges
    assert.same({ 1.0, 0 }, { first.share, first.addedCount })
    object:map("sch_hash"):update(("<I4"):pack(9), ("<I8"):pack(9))
    assert.equal(1, stream:event().data.mapChanges.addedCount)
    assert.equal(1, closed)
    stream:close()
    methods.close = close
    assert.equal(2, closed)
    object:map("sch_hash"):delete(("<I4"):pack(9))
  end)

  it("topics carry whatever scripts publish", function()
    local stream = subscribe('subscription { topic(name: "news") }')
    assert.equal("news", stream.source.topic)
    assert.same({ a = 1 }, stream:event({ a = 1 }).data.topic)
  end)

  it("health comes when it is other than before", function()
    local stream = subscribe "subscription { health(every: 2) { status } }"
    assert.equal(2.0, stream.source.every)
    assert.equal("ok", stream:event().data.health.status)
  end)

  it("are refused where they make no sense", function()
    local refused = subscribe(("subscription { mapTable(id: %d, every: 0.01) { mapId } }")
      :format(hash))
    assert.equal("every: at least 0.1 seconds, got 0.01", refused.errors[1].message)
    refused = subscribe "subscription { health(every: 1e308) { status } }"
    assert.equal("every: at most 86400 seconds, got 1e+308", refused.errors[1].message)
    local gone = subscribe "subscription { mapTable(id: 2000000000) { mapId } }"
    assert.equal("map with ID 2000000000 not found", gone.errors[1].message)
  end)

  it("leave no map open", function()
    local stream = subscribe(("subscription { mapTable(id: %d) { rows { key } } }"):format(hash))
    stream:event()
    collectgarbage()
    local before = fixture.descriptors()
    for _ = 1, 50 do stream:event() end
    collectgarbage()
    assert.is_true(fixture.descriptors() <= before) -- less when older garbage was collected
  end)
end)
