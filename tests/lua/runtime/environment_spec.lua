-- Globals of scripts: each script's own; standard names can't be assigned.

local environment = require("lunette.runtime.environment")

local function run(text, env)
  return load(text, "@script.lua", "t", env or environment.new("stdout"))
end

describe("a script's globals", function()
  it("are its own", function()
    local first, second = environment.new("stdout"), environment.new("stdout")
    run("answer = 42", first)()
    assert.equal(42, run("return answer", first)())
    assert.equal(42, run("return _G.answer", first)())
    assert.is_nil(run("return answer", second)())
    assert.is_nil(_G.answer)
  end)

  it("are not the standard names: assigning one is an error at its line", function()
    for _, name in ipairs { "type", "next", "load", "string", "print", "_G", "require", "pairs" } do
      local ok, err = pcall(run(("local x = 1\n%s = 0.5"):format(name)))
      assert.is_false(ok, name)
      assert.equal(("script.lua:2: '%s' is a standard name, and a global of this name would break "
        .. "other code: write 'local %s'"):format(name, name), err)
      ok, err = pcall(run(("\n\n_G.%s = 0.5"):format(name)))
      assert.is_false(ok)
      assert.matches("^script%.lua:3: '" .. name, err)
    end
    assert.equal("function", type(next))
    assert.equal("function", type(load))
  end)

  it("are those of the chunks that it loads", function()
    local env = environment.new("stdout")
    local ok, err = pcall(run("load('type = 1', '=inner')()", env))
    assert.is_false(ok)
    assert.matches("inner:1: 'type' is a standard name", err)
    run("load('seen = 7')()", env)()
    assert.equal(7, env.seen)
    run("load('other = 8', 'x', 't', { })()", env)()
    assert.is_nil(env.other)
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write("from_file = 9 return 'loaded'")
    file:close()
    assert.equal("loaded", run(("return dofile(%q)"):format(path), env)())
    assert.equal(9, env.from_file)
    assert.equal("loaded", run(("return loadfile(%q)()"):format(path), env)())
    os.remove(path)
    ok, err = pcall(run("\ndofile('/nothing/here.lua')", env))
    assert.is_false(ok)
    assert.matches("^script%.lua:2: cannot open /nothing/here%.lua", err)
  end)

  it("stay what they are", function()
    assert.has_error(function() run("setmetatable(_G, {})")() end)
    assert.is_nil(_G.x)
  end)
end)

describe("os.setlocale", function()
  it("changes nothing, and says so", function()
    assert.equal("C", os.setlocale())
    assert.equal("C", os.setlocale("C", "numeric"))
    assert.equal("C", os.setlocale(""))
    for _, locale in ipairs { "de_DE.UTF-8", "C.UTF-8", "en_US" } do
      local ok, err = pcall(os.setlocale, locale)
      assert.is_false(ok)
      assert.matches('the locale of the process is always "C"', err)
    end
    assert.equal("3.25", ("%.2f"):format(3.25))
    assert.equal(1.5, tonumber("1.5"))
  end)
end)
