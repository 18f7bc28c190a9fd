-- Printed keys and values are accepted as input: by lookup, update and delete, for maps of every
-- type, and for unusual keys and values.

local fixture = require("tests.lua.support.fixture")
local input = require("lunette.cli.map.input")
local json = require("lunette.runtime.json")
local map_types = require("tests.lua.support.map_types")
local shapes = require("tests.lua.support.shapes")

local TYPES = {
  "mt_hash", "mt_array", "mt_pc_hash", "mt_pc_array", "mt_lru", "mt_pc_lru", "mt_lpm", "mt_progs",
  "mt_outer", "mt_stacks", "ty_outer", "ty_devmap", "ty_devmap_hash", "ty_cpumap", "ty_sockmap",
  "ty_sockhash", "mt_queue", "mt_stack", "mt_bloom", "mt_inode",
}
local KEYLESS = { mt_queue = true, mt_stack = true, mt_bloom = true, mt_inode = true }

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- A command's output with its errors, and its exit code.
local function run(format, ...)
  local pipe = assert(io.popen(fixture.binary() .. " " .. format:format(...) .. " 2>&1"))
  local text = pipe:read("a")
  local _, _, code = pipe:close()
  return text, code
end

-- The command-line word for a decoded value: a text unchanged, anything else as JSON.
local function word_of(plan, bytes)
  local text = plan:json(bytes)
  local value = json.decode(text)
  return type(value) == "string" and value or text
end

-- Every key of a map with its value, if any: read, printed, read back.
local function check_keys(name, map)
  local info, decoder, n = map:info(), map:decoder(), 0
  for key, value in map:each { raw = true } do
    local word = word_of(decoder.key_plan, key)
    local bytes = input.bytes("key", word, decoder.columns.key, info.key_size)
    assert.equal(hex(key), hex(bytes), ("%s: %s"):format(name, word))
    if type(value) == "string" and not name:find("stacks") and #value == info.value_size then
      word = word_of(decoder.value_plan, value)
      bytes = input.bytes("value", word, decoder.columns.value, info.value_size)
      assert.equal(word, word_of(decoder.value_plan, bytes), name) -- gaps are not shown
    end
    n = n + 1
  end
  assert.is_true(n > 0, name)
end

local function first_key(map)
  local cursor <close> = assert(map:cursor { raw = true })
  return (cursor:next())
end

-- The keys that `map dump -j` prints are valid words for the other commands.
local function check_commands(name, map, removable)
  local dumped = json.decode((run("map dump -j %d", map:id())))
  local key = dumped[1].key
  local word = quoted(type(key) == "string" and key or json.encode(key))
  local text, code = run("map lookup %d %s", map:id(), word)
  assert.equal(0, code, ("%s: lookup %s: %s"):format(name, word, text))
  text, code = run("map update %d %s --dry-run -j --value-format hex %s", map:id(), word,
    ("00"):rep(map:info().value_size))
  assert.equal(0, code, ("%s: update %s: %s"):format(name, word, text))
  assert.equal(hex(first_key(map)), json.decode(text).key)
  if not removable then return end
  text, code = run("map delete %d %s", map:id(), word)
  assert.equal(0, code, ("%s: delete %s: %s"):format(name, word, text))
  assert.equal(#dumped - 1, map:count())
end

describe("what is printed is taken back", function()
  local loaded

  after_each(function()
    loaded:close()
  end)

  it("for maps of every type", function()
    loaded = map_types.load(TYPES)
    for _, name in ipairs(TYPES) do
      if not KEYLESS[name] then check_keys(name, loaded.maps[name]) end
    end
  end)

  it("for keys and values of odd shapes", function()
    loaded = shapes.load()
    for name, map in pairs(loaded.maps) do check_keys(name, map) end
  end)

  it("on the command line", function()
    loaded = shapes.load()
    for name, map in pairs(loaded.maps) do
      check_commands(name, map, map:info().type ~= "array")
    end
  end)
end)
