-- Bloom filters are looked up by value: by the bpf module, the command line and GraphQL.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")

describe("a bloom filter", function()
  local object, map, array

  setup(function()
    object = assert(bpf.load(fixture.object("maps")))
    map, array = object:map("mt_bloom"), object:map("mt_array")
    assert(map:push(("<I4"):pack(7)))
  end)

  teardown(function()
    map:close()
    array:close()
    object:close()
  end)

  -- A command's output, its stderr, and its exit code.
  local function lookup(arguments)
    local command = ("%s map lookup %d %s 2>&1; echo $?"):format(fixture.binary(), map:id(),
      arguments)
    local text, code = fixture.output(command):match("^(.*)\n(%d+)\n$")
    return text, tonumber(code)
  end

  it("says whether a value may be in it", function()
    assert.is_true(map:contains(("<I4"):pack(7)))
    assert.is_false(map:contains(("<I4"):pack(8)))
    local none, why, errno = array:contains(("<I4"):pack(7))
    assert.is_nil(none)
    assert.matches("no bloom filter", why)
    assert.equal(95, errno)
    assert.has_error(function() map:contains("1") end)
  end)

  it("says so on the command line, by its exit code too", function()
    assert.same({ "the filter may contain the value", 0 }, { lookup("7") })
    assert.same({ "the filter may contain the value", 0 }, { lookup("07000000 --key-format hex") })
    assert.same({ '{"mayContain":true}', 0 }, { lookup("7 -j") })
    assert.same({ '{"mayContain":false}', 3 }, { lookup("8 -j") })
    local text, code = lookup("8")
    assert.equal(("lunette: map %d: the filter does not contain the value"):format(map:id()), text)
    assert.equal(3, code)
    text, code = lookup("seven")
    assert.matches("^lunette: value: ", text)
    assert.equal(2, code)
  end)

  it("says so in GraphQL", function()
    local data = support.ask(([[{ map(id: %d) {
      yes: mayContain(value: 7) no: mayContain(value: 8) hex: mayContain(value: { hex: "07000000" })
    } }]]):format(map:id()))
    assert.same({ yes = true, no = false, hex = true }, data.map)
    local result = support.run(("{ map(id: %d) { mayContain(value: 7) } }"):format(array:id()))
    assert.matches("no bloom filter", result.errors[1].message)
    assert.equal(json.null, result.data.map.mayContain or json.null)
    result = support.run(("{ map(id: %d) { mayContain(value: \"x\") } }"):format(map:id()))
    assert.matches("^value: ", result.errors[1].message)
  end)
end)
