-- All output of commands goes through lunette.cli.output, which escapes control characters.

local output = require("lunette.cli.output")

-- Files that write to the terminal themselves, and how.
local WRITERS = {
  ["lua/lunette/cli/output.lua"] = "the printers",
  ["lua/lunette/cli/screen.lua"] = "frames of lines that views have escaped, with colours",
  ["lua/lunette/cli/table.lua"] = "CSV, of which each field is escaped",
}

describe("lunette.cli", function()
  it("prints by lunette.cli.output alone", function()
    local pipe = assert(io.popen("find lua/lunette/cli -name '*.lua'"))
    local found = {}
    for path in pipe:lines() do
      if not WRITERS[path] then
        local n = 0
        for line in io.lines(path) do
          n = n + 1
          local code = " " .. line:gsub("^%s*%-%-.*", "")
          if code:find("[^%w_.:]print%(") or code:find("io%.write") or code:find("io%.std%a+:write")
          then found[#found + 1] = ("%s:%d"):format(path, n) end
        end
      end
    end
    pipe:close()
    assert.same({}, found)
  end)
end)

describe("output.indent", function()
  it("has a line an item, and keeps texts", function()
    assert.equal('{\n  "a": [\n    1,\n    "x,{\\"}"\n  ],\n  "b": {}\n}',
      output.indent('{"a":[1,"x,{\\"}"],"b":{}}'))
  end)
end)
