-- Scripts' declarations in the schema: decoders, rules, pages, panels, fields.

local graphql = require("lunette.graphql")
local lunette = require("lunette")
local metrics = require("lunette.metrics")
local schema = require("lunette.schema")
local support = require("tests.lua.schema.support")

local function u32(n) return ("<I4"):pack(n) end
local function u64(n) return ("<I8"):pack(n) end

describe("scripts", function()
  local object, hash, main

  setup(function()
    object = support.load()
    hash, main = object:map("sch_hash"):info().id, object:prog("sch_main"):info().id
    object:map("sch_hash"):update(u32(7), u64(70))
  end)

  teardown(function() object:close() end)

  it("get a rule for a map that exports it as it is", function()
    local rule = support.ask(("{ metricRule(mapId: %d) { source why } }"):format(hash)).metricRule
    assert.truthy(rule.why:find("BTF", 1, true))
    local source = rule.source:gsub('name = "sch_hash" }', ("id = %d }"):format(hash))
    assert(load(source, "=rule"))()
    local text = {}
    for chunk in function(s) return s:read() end, metrics.source { rules = { sch_hash = true } } do
      text[#text + 1] = chunk
    end
    assert.truthy(table.concat(text):find('\nsch_hash{key="7"} 70\n', 1, true))
    local rules = support.ask("{ metricRules { name type help samples errors error source "
      .. "maps { id } } }").metricRules
    local found
    for _, one in ipairs(rules) do
      if one.name == "sch_hash" then found = one end
    end
    assert.same({ "gauge", 1, 0, { { id = hash } } },
      { found.type, found.samples, found.errors, { { id = found.maps[1].id } } })
  end)

  it("get a rule for a map without numbers that names what is with what", function()
    local points = object:map("sch_points"):info().id
    assert.truthy(support.ask(("{ metricRule(mapId: %d) { source } }"):format(points)).metricRule
      .source:find('type = "info"', 1, true))
    assert.truthy(support.refusal("{ metricRule(mapId: 2000000000) { source } }")
      :find("not found", 1, true))
  end)

  it("decide what a table's columns are", function()
    local d = lunette.decode
    lunette.decoder {
      name = "points", match = { name = "sch_points" },
      key = d.struct { d.u32():as("left"), d.u32():as("top") }, value = d.cstring(16):as("label"),
    }
    object:map("sch_points"):update(u32(1) .. u32(2), "here" .. ("\0"):rep(12))
    local points = object:map("sch_points"):info().id
    local data = support.ask(([[{ map(id: %d) { decoder { name why source key { name type } }
      table { columns { name } rows { cells } } }
      decoders { name key { name type } value { name } maps { id } } }]]):format(points))
    assert.equal("points", data.map.decoder.name)
    assert.truthy(data.map.decoder.why:find("name sch_points", 1, true))
    assert.truthy(data.map.decoder.source:find("scripts_spec.lua:%d+$"))
    assert.same({ 1, 2, "here" }, { table.unpack(data.map.table.rows[1].cells) })
    assert.equal("left", data.map.table.columns[1].name)
    local declared
    for _, one in ipairs(data.decoders) do
      if one.name == "points" then declared = one end
    end
    assert.same({ { name = "left", type = "u32" }, { name = "top", type = "u32" } }, declared.key)
    local decodes = {}
    for _, map in ipairs(declared.maps) do decodes[map.id] = true end
    assert.is_true(decodes[points])
  end)

  it("see an entry that their decoder fails on marked, and the others whole", function()
    local d = lunette.decode
    lunette.decoder { name = "failing", match = { id = hash }, key = d.u32(),
      value = function(bytes)
        if bytes:byte() == 70 then error("odd value") end
        return "fine"
      end }
    object:map("sch_hash"):update(u32(8), u64(80))
    local rows = support.ask(([[{ map(id: %d) { table(sort: { column: "key", order: ASC })
      { rows { cells error } } } }]]):format(hash)).map.table.rows
    assert.truthy(rows[1].error:find("odd value", 1, true))
    assert.is_nil(rows[2].error)
    assert.equal("fine", rows[2].cells[2])
  end)

  it("describe pages and panels; a failing one says why", function()
    lunette.ui.page("spec-page", { title = "A page", every = 2,
      view = function(ui, params) return ui.text { text = "for " .. params.who } end })
    lunette.ui.panel("spec-panel", { place = "program",
      view = function(ui, _, id) return id == main and ui.text("mine") or nil end })
    local data = support.ask([[query ($p: JSON, $id: Int) {
      page(name: "spec-page") { name title every view(params: $p) error(params: $p) }
      bad: page(name: "spec-page") { view error } none: page(name: "no") { name }
      panels(place: "program") { name title place view(id: $id) other: view(id: 1) }
      overview: panels(place: "overview") { name } }]], { p = { who = "you" }, id = main })
    assert.same({ "A page", 2 }, { data.page.title, data.page.every })
    assert.same({ kind = "text", text = "for you" }, data.page.view)
    assert.is_nil(data.page.error)
    assert.is_nil(data.bad.view)
    assert.truthy(data.bad.error:find("scripts_spec.lua", 1, true))
    assert.is_nil(data.none)
    assert.same({ "spec-panel", "spec-panel", "program", "mine" }, { data.panels[1].name,
      data.panels[1].title, data.panels[1].place, data.panels[1].view.text })
    assert.is_nil(data.panels[1].other)
    assert.same({}, data.overview)
  end)

  it("extend types by SDL and by table", function()
    graphql.extend("Program", {
      shout = { type = "String!", description = "Its name, loud.",
        resolve = function(prog) return prog.name:upper() end },
      busy = { type = "Float", description = "Share of one CPU.",
        resolve = function(prog) return prog:rate().cpu end },
    })
    graphql.extend([[extend type Map { "Twice its keys' size." double: Int! }]],
      { Map = { double = function(info) return 2 * info.key_size end } })
    local extended = assert(schema.build())
    local result = graphql.execute { schema = extended, context = { cache = {} },
      source = ("{ program(id: %d) { shout busy } map(id: %d) { double } }"):format(main, hash) }
    assert.is_nil(result.errors)
    assert.equal("SCH_MAIN", result.data.program.shout)
    assert.equal(8, result.data.map.double)
    local kinds = {}
    for _, one in ipairs(support.ask("{ health { declarations { kind name builtIn } } }")
      .health.declarations) do
      if not one.builtIn then kinds[one.kind] = true end
    end
    assert.is_true(kinds.graphql and kinds.page and kinds.panel and kinds.decoder)
  end)

  it("clash with what is there, and are told where", function()
    graphql.extend("Program", { name = { type = "Int", resolve = function() return 1 end } })
    local built, errors = schema.build()
    table.remove(require("lunette.registry").list("graphql"))
    assert.is_nil(built)
    assert.truthy(tostring(errors):find("scripts_spec.lua:%d+"))
    assert.truthy(tostring(errors):find("Program.name", 1, true))
  end)
end)
