-- Default decoding of keys and values by the type of their map, and BTF's part in it.

local decode = require("lunette.decode")
local shapes = require("tests.lua.support.shapes")

local function names(columns)
  local list = {}
  for i, column in ipairs(columns) do list[i] = column.name end
  return table.concat(list, " ")
end

describe("the keys of LPM tries", function()
  local loaded

  setup(function() loaded = shapes.load() end)
  teardown(function() loaded:close() end)

  it("are a prefix where one address follows the length", function()
    for name, shown in pairs { sh_routes6 = "2001:db8::/64", sh_short = "0a0100/16" } do
      local map = loaded.maps[name]
      local decoder = decode.for_map(map:info())
      assert.equal("prefix", names(decoder.columns.key), name)
      assert.equal(shown, decoder.key_plan:decode(shapes.entries[name][1][1]))
    end
  end)

  it("are what BTF says where there are other fields", function()
    for name, fields in pairs {
      sh_routed = "prefixlen vlan port addr",
      sh_cached = "lpm_key.prefixlen cluster_id pad1 family ip4 pad4 pad5 pad6 ip6.p1 ip6.p2",
      sh_members = "prefixlen set_id addr port protocol pad",
    } do
      local decoder = decode.for_map(loaded.maps[name]:info())
      assert.equal(fields, names(decoder.columns.key), name)
      assert.matches("^BTF %d+ describes its key and value$", decoder.why)
    end
    local members = loaded.maps.sh_members:decoder()
    assert.same({ prefixlen = 128, set_id = 0x1122334455667788, addr = 0x0a000007, port = 0,
      protocol = 6, pad = 0 }, members.key_plan:decode(shapes.entries.sh_members[1][1]))
  end)
end)
