-- Accept headers, by weight.

local accept = require("lunette.runtime.accept")

describe("an Accept header", function()
  it("is a list of names with weights and versions", function()
    assert.are.same({ { name = "a/b", q = 0.5, version = "1.0.0" }, { name = "c/d", q = 1 } },
      accept.list("A/b; q=0.5; version=1.0.0, c/d"))
    assert.are.same({ { name = "a/b", q = 1, version = "2" } }, accept.list(' a/b;version="2" ,, '))
    assert.are.same({}, accept.list(nil))
  end)

  it("chooses the greatest weight, the first of equals, nothing of weight 0", function()
    local function of(item) return item.name ~= "x" and item.name or nil end
    assert.are.equal("b", accept.best("a;q=0.5, x, b;q=0.9, c;q=0.9", of))
    assert.is_nil(accept.best("a;q=0, x", of))
    assert.is_nil(accept.best(nil, of))
  end)

  it("allows gzip, however that is written", function()
    for header, takes in pairs { ["*;q=0, gzip"] = true, ["gzip;q=0, *"] = false, ["GZIP"] = true,
      ["br, gzip; q = 0.5"] = true, ["gzip;Q=0"] = false, ["*"] = true, ["deflate"] = false } do
      assert.are.equal(takes, accept.gzip(header), header)
    end
  end)
end)
