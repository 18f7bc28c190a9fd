-- lua/meta/metrics.lua against the module: complete, and without extra names.

local fields = require("lunette.metrics.fields")
local metrics = require("lunette").metrics

local file <close> = assert(io.open("lua/meta/metrics.lua"))
local text = file:read("a")

describe("the reference of lunette.metrics", function()
  it("has every function, and only those", function()
    for name in pairs(metrics) do
      assert.is_truthy(text:find("\nfunction metrics%." .. name .. "%("), name .. " is missing")
    end
    for name in text:gmatch("\nfunction metrics%.([%w_]+)") do
      assert.is_function(metrics[name], name)
    end
  end)

  it("has every field of a rule", function()
    local documented = {}
    for name in text:gmatch("%-%-%-@field ([%w_]+)") do documented[name] = true end
    for _, set in ipairs { fields.METRIC, fields.RULE, fields.BUCKETS } do
      for name in pairs(set) do assert.is_true(documented[name], name .. " is missing") end
    end
  end)

  it("has them and every decoder in docs/metrics.md, too", function()
    local page <close> = assert(io.open("docs/metrics.md"))
    local docs = page:read("a")
    for _, set in ipairs { fields.METRIC, fields.RULE, fields.BUCKETS } do
      for name in pairs(set) do assert.is_truthy(docs:find("`[^`]*%f[%w_]" .. name), name) end
    end
    for _, name in ipairs(metrics.decoders()) do
      assert.is_truthy(docs:find("`[^`\n]*" .. name), name)
    end
    local source <close> = assert(io.open("lua/lunette/metrics/self.lua"))
    local own = source:read("a")
    for name in docs:gmatch("lunette_rule_[%l_]+") do
      assert.is_truthy(own:find('"' .. name .. '"', 1, true), name)
    end
  end)
end)
