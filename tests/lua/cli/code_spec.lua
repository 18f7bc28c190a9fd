-- lunette prog dump, cfg and hot, run as a user runs them.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local object, id

local function lunette(words)
  return fixture.output(("%s %s 2>&1"):format(fixture.binary(), words))
end

setup(function()
  object = assert(bpf.load(fixture.object("code/trace")))
  id = object:prog("code_sys_exit"):info().id
end)
teardown(function() object:close() end)

describe("lunette prog dump", function()
  it("lists instructions with functions, source, labels and names", function()
    local text = lunette("prog dump xlated " .. id)
    assert.matches("^code_sys_exit: %d+ instructions\n", text)
    assert.matches("\nnote: %d+ instructions\n", text)
    assert.matches("\nlog2_of: %d+ instructions\n", text)
    assert.matches("\n; if %(!start%)   trace%.bpf%.c:%d+\n", text)
    assert.matches("r1 = map%[id:%d+%] +; map code_starts\n", text)
    local label = text:match("goto pc%+%d+ +; to (L%d+)\n")
    assert.is_string(label)
    assert.matches("\n" .. label .. ":\n", text)
    assert.matches("call pc%+%d+#note\n", text)
  end)

  it("prints bytes, and leaves source out", function()
    local text = lunette("prog dump xlated --opcodes --no-source " .. id)
    assert.matches("\n        %x%x %x%x %x%x %x%x %x%x %x%x %x%x %x%x\n", text)
    assert.is_nil(text:find("trace.bpf.c", 1, true))
  end)

  it("lists machine code", function()
    local text = lunette("prog dump jited " .. id)
    assert.matches("^code_sys_exit: %d+ bytes of %g+ at 0x%x+\n", text)
    assert.matches("\n +0: %g+", text)
  end)

  it("prints JSON that is bpf.xlated's", function()
    local theirs = assert(json.decode(lunette("prog dump xlated -j " .. id)))
    local code = assert(bpf.xlated(id))
    assert.equal(#code.insns, #theirs.insns)
    assert.equal(code.insns[3].text, theirs.insns[3].text)
  end)

  it("says what is wrong in one line", function()
    assert.equal("lunette: no program has the id 4294967295\n",
      lunette("prog dump xlated 4294967295"))
    assert.equal("lunette: no program is called 'no-such'\n", lunette("prog dump jited no-such"))
    assert.matches("^lunette: [^\n]+\n$", lunette("prog dump other 1"))
  end)
end)

describe("lunette prog cfg", function()
  it("prints a graph for Graphviz", function()
    local text = lunette("prog cfg " .. id)
    assert.matches('^digraph "program" {\n', text)
    assert.matches('label="code_sys_exit";', text)
    assert.matches("%-> f1_exit %[style=dashed%];", text)
  end)
end)

describe("lunette prog hot", function()
  it("answers when nothing was seen", function()
    assert.equal("no sample of 0 fell into that program\n",
      (lunette(("prog hot %d --seconds 0.01 --hertz 1"):format(id)):gsub("%d+ fell", "0 fell")))
  end)
end)
