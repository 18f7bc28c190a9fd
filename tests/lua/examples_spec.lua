-- Runs every file in examples/: as a script of its own, and when it only declares, under `lunette
-- check`, which builds the schema with its GraphQL fields.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function files()
  local list = {}
  for path in fixture.output("find examples -name '*.lua' | sort"):gmatch("[^\n]+") do
    list[#list + 1] = path
  end
  return list
end

local function run(...)
  local words = { fixture.binary(), ... }
  for i, word in ipairs(words) do words[i] = "'" .. word .. "'" end
  local pipe = assert(io.popen(table.concat(words, " ") .. " 2>&1"))
  local text = pipe:read("a")
  local _, _, code = pipe:close()
  return text, code
end

-- The output of scripts that are meant to be run.
local PRINTS = {
  ["examples/memory.lua"] = "^%d+ maps hold [%d.]+ KiB\n *[%d.]+ KiB +%d+ ",
  ["examples/count-syscalls.lua"] = "^%S.- +%d+/s\n",
  ["examples/comings.lua"] = "^[+-]? ?[^\n]*",
}

local function declares(path)
  local file <close> = assert(io.open(path))
  local text = file:read("a")
  return text:find("lunette%.%a+[.%a]* ?[{(]") ~= nil and not PRINTS[path]
end

describe("examples", function()
  local held -- a map at least, where the kernel has no other
  setup(function() held = assert(bpf.load(fixture.object("maps"))) end)
  teardown(function() held:close() end)

  for _, path in ipairs(files()) do
    it(path .. " runs", function()
      local text, code = run("run", path)
      assert.equal(0, code, text)
      assert.matches(PRINTS[path] or "^$", text)
    end)

    if declares(path) then
      it(path .. " declares what can be joined", function()
        local text = run("check", "--script", path)
        assert.matches(path:gsub("%p", "%%%0") .. ": ok, %d+ %a+", text)
        assert.is_nil(text:find("fails", 1, true), text)
      end)
    end
  end
end)
