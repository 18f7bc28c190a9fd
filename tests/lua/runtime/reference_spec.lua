-- The reference of the API, as built into the binary.

local bpf = require("bpf")
local reference = require("lunette.runtime.reference")

describe("reference.of", function()
  it("has functions with their parameters and results", function()
    local text = assert(reference.of("bpf.pinned"))
    assert.matches("^bpf%.pinned%(path%)\n", text)
    assert.matches("The pin at a path", text)
    assert.matches("\n  path  string", text)
    assert.matches("\n  returns bpf%.Pin|nil", text)
  end)

  it("has methods, classes and modules, by any of their spellings", function()
    assert.matches("^Map:lookup%(", assert(reference.of("map:lookup")))
    assert.matches("^decode%.compile%(", assert(reference.of("lunette.decode.compile")))
    assert.matches("\n  max_entries  integer", assert(reference.of("bpf.MapInfo")))
    assert.matches("\nbpf%.pin +Pins what a handle holds%.\n", assert(reference.of("bpf")))
  end)

  it("says what is near a name that there is not", function()
    assert.same({ nil, "the API has no 'bpf.pinnd': did you mean 'bpf.pinned'?" },
      { reference.of("bpf.pinnd") })
  end)

  it("has every function that lua/meta declares", function()
    for path in io.popen("ls lua/meta/*.lua"):lines() do
      for name in assert(io.open(path)):read("a"):gmatch("\nfunction ([%w_.:]+)%(") do
        assert.truthy(reference.of(name), name)
      end
    end
  end)
end)

describe("reference.help", function()
  it("finds functions, modules and handles", function()
    assert.matches("^bpf%.map%(", reference.help(bpf.map))
    assert.matches("bpf%.progs", reference.help(bpf))
    assert.matches("decode%.", reference.help(require("lunette").decode))
    assert.matches("nothing of the API", reference.help(function() end))
    local object <close> = assert(bpf.load("build/tests/bpf/cli.bpf.o"))
    local map <close> = object:map("cli_flows")
    assert.matches("Map:lookup", reference.help(map))
  end)
end)
