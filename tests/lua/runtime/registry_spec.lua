local registry = require("lunette.registry")

describe("registry", function()
  it("notes who declared something, and in which script", function()
    local line = debug.getinfo(1, "l").currentline + 2
    local item = registry.loading("scripts/mine.lua", function()
      local declared = registry.declare("test", { name = "a" })
      return declared
    end)
    assert.matches("registry_spec.lua$", item.source.file)
    assert.equal(line, item.source.line)
    assert.equal("scripts/mine.lua", item.source.script)
    assert.matches("registry_spec.lua:" .. line .. "$", registry.where(item))
  end)

  it("knows what is built in by its module, whoever loads it first", function()
    package.preload["lunette.registry_test"] = load([[
      local item = require("lunette.registry").declare("test", {})
      return item
    ]], "@lunette/registry_test.lua")
    local item = registry.loading("scripts/mine.lua", function()
      local declared = require("lunette.registry_test")
      return declared
    end)
    assert.same({ file = "lunette/registry_test.lua", line = 1 }, item.source)
  end)

  it("puts the script back when one fails", function()
    assert.has_error(function() registry.loading("x", function() error("boom", 0) end) end, "boom")
    assert.is_nil(registry.script())
  end)
end)
