local registry = require("lunette.registry")
local ui = require("lunette.ui")

describe("lunette.ui", function()
  it("describes a page as plain data", function()
    ui.page("spec", { title = "A page", every = 1, view = function(u, params)
      return u.column { u.text "Some text", u.chart { map = "M", by = params.by, top = 3 } }
    end })
    assert.are.same({ kind = "column", children = {
      { kind = "text", text = "Some text" }, { kind = "chart", map = "M", by = "comm", top = 3 },
    } }, ui.render("spec", { by = "comm" }))
    local page = ui.pages()[#ui.pages()]
    assert.are.equal("A page", page.title)
    assert.matches("ui_spec.lua$", page.source.file)
  end)

  it("gives panels the object's id", function()
    ui.panel("spec", { place = "map", view = function(u, _, id)
      return id == 7 and u.figure { label = "id", value = id } or nil
    end })
    local panel = registry.list("panel")[1]
    assert.are.same({ kind = "figure", label = "id", value = 7 }, ui.render(panel, {}, 7))
    assert.is_nil(ui.render(panel, {}, 8))
  end)

  it("refuses what it cannot draw", function()
    local view = function() end
    assert.has_error(function() ui.page("no spaces", { view = view }) end)
    assert.has_error(function() ui.page("x", {}) end)
    assert.has_error(function() ui.page("x", { view = view, every = 0 }) end)
    assert.has_error(function() ui.panel("x", { view = view, place = "nowhere" }) end)
    ui.page("twice", { view = view })
    assert.has_error(function() ui.page("twice", { view = view }) end)
    ui.page("wrong", { view = function(u) return u.chrat {} end })
    local ok, err = pcall(ui.render, "wrong")
    assert.is_false(ok)
    assert.matches("there is no component 'chrat'", err)
    assert.has_error(function() ui.render("never declared") end)
  end)
end)
