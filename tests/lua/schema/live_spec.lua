-- Live queries: an event at once, and then only when the answer changed.

local graphql = require("lunette.graphql")
local registry = require("lunette.registry")
local support = require("tests.lua.schema.support")
local ui = require("lunette.ui")

describe("live parts", function()
  local object, hash
  local looks = "one"

  setup(function()
    object = support.load()
    hash = object:map("sch_hash"):info().id
    ui.page("live_page", { title = "Live", every = 2,
      view = function(of) return of.text(looks) end })
    ui.page("still_page", { title = "Still", view = function(of) return of.text "still" end })
    ui.panel("live_panel", { place = "map", every = 3,
      view = function(of, _, id) return of.text(looks .. " " .. id) end })
  end)

  teardown(function()
    object:close()
    for _, kind in ipairs { "page", "panel" } do
      local list = registry.list(kind)
      for i = #list, 1, -1 do
        local name = list[i].name
        if name:find("^live_") or name == "still_page" then table.remove(list, i) end
      end
    end
  end)

  local function subscribe(source, variables)
    return graphql.subscribe {
      schema = support.schema(), source = source, variables = variables,
      context = { cache = {}, can_write = false },
    }
  end

  it("a map: told when what is asked of it changed, and only then", function()
    local map = object:map("sch_hash")
    local stream = subscribe(("subscription { map(id: %d, every: 0.5) { fill { entries } } }")
      :format(hash))
    assert.equal(0.5, stream.source.every)
    assert.equal(0, stream:event().data.map.fill.entries)
    assert.is_nil(stream:event())
    map:update(("<I4"):pack(1), ("<I8"):pack(10))
    assert.equal(1, stream:event().data.map.fill.entries)
    map:update(("<I4"):pack(1), ("<I8"):pack(11))
    assert.is_nil(stream:event())
    map:delete(("<I4"):pack(1))
    assert.equal(0, stream:event().data.map.fill.entries)
  end)

  it("a map that isn't there is refused", function()
    local gone = subscribe "subscription { map(id: 2000000000) { id } }"
    assert.equal("map with ID 2000000000 not found", gone.errors[1].message)
  end)

  it("the fullest maps, the fullest first", function()
    local map = object:map("sch_hash")
    for i = 1, map:info().max_entries do map:update(("<I4"):pack(i), ("<I8"):pack(i)) end
    local stream = subscribe [[subscription { fullestMaps(first: 10000) { id kernelType
      fill { ratio } } }]]
    local list, last, found = stream:event().data.fullestMaps, math.huge, nil
    for _, one in ipairs(list) do
      assert.is_true(one.fill.ratio <= last)
      -- A map with a number for each slot can't be full.
      assert.is_nil(one.kernelType:match("array") or one.kernelType:match("map$"))
      last = one.fill.ratio
      if one.id == hash then found = one end
    end
    assert.equal(1, found.fill.ratio)
    for key in map:each { raw = true } do map:delete(key) end
  end)

  it("no more of the fullest than asked for", function()
    local stream = subscribe "subscription { fullestMaps(first: 1) { id } }"
    assert.equal(1, #stream:event().data.fullestMaps)
  end)

  it("the rules of metrics, by the query's own fields", function()
    local stream = subscribe "subscription { metricRules(every: 7) { name type } }"
    assert.equal(7.0, stream.source.every)
    assert.is_true(#stream:event().data.metricRules > 0)
    assert.is_nil(stream:event())
  end)

  it("health, without what always moves, once", function()
    local stream = subscribe "subscription { health { status generation } }"
    assert.equal("ok", stream:event().data.health.status)
    assert.is_nil(stream:event())
  end)

  it("a page, as often as it wants to be looked at", function()
    local stream = subscribe 'subscription { page(name: "live_page") { title view } }'
    assert.equal(2, stream.source.every)
    assert.equal("one", stream:event().data.page.view.text)
    assert.is_nil(stream:event())
    looks = "two"
    assert.equal("two", stream:event().data.page.view.text)
    looks = "one"
  end)

  it("a page, as often as the client wants", function()
    local stream = subscribe 'subscription { page(name: "still_page", every: 4) { title } }'
    assert.equal(4.0, stream.source.every)
  end)

  it("a page that never changes is told once, and that is the end", function()
    local stream = subscribe 'subscription { page(name: "still_page") { title } }'
    assert.equal("Still", stream:next().data.page.title)
    assert.is_nil(stream:next())
    local none = subscribe 'subscription { page(name: "nowhere") { title } }'
    assert.same({}, none:next().data)
  end)

  it("a panel, of the object that it is about", function()
    local stream = subscribe 'subscription { panel(name: "live_panel") { view(id: 7) } }'
    assert.equal(3, stream.source.every)
    assert.equal("one 7", stream:event().data.panel.view.text)
    assert.is_nil(stream:event())
    looks = "two"
    assert.equal("two 7", stream:event().data.panel.view.text)
    looks = "one"
  end)
end)
