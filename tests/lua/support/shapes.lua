-- The maps of tests/bpf/shapes.bpf.c with entries that are easy to read wrong.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local shapes = {}

local function u32(x) return ("<I4"):pack(x) end

local WIDE = { 9, 5, 2 } -- keys of 128 bits below 2^64; another is 2^64

--- The entries of each map: { key, value }.
---@type table<string, string[][]>
shapes.entries = {
  sh_texts = {
    { "abc\0\0\0\0\0\1", u32(1) }, { "abc\0\0\0\0x\1", u32(2) }, { "abc\0\0\0\0y\1", u32(3) },
    { "\0\0\0\0\0\0\0\0\1", u32(4) }, { "\0\0\0\0\0\0\0\1\1", u32(5) },
    { "\xc3\xa9t\xc3\xa9\0\0\0\1", u32(6) }, { "\xe9t\xe9\0\0\0\0\0\1", u32(7) },
    { "a\27[1m\0\0\0\1", u32(8) }, { "12345678\1", u32(9) }, { '{"a":1}\0\1', u32(10) },
    { "a\nb\0\0\0\0\0\1", u32(11) }, { "\xc2\x9bm\0\0\0\0\0\1", u32(12) },
  },
  sh_routed = { { ("<I4I2>I2"):pack(64, 7, 443) .. "\10\0\0\1", u32(1) },
    { ("<I4I2>I2"):pack(32, 7, 443) .. "\0\0\0\0", u32(2) } },
  sh_cached = { { ("<I4I2BB"):pack(64, 3, 0, 1) .. "\10\0\0\7" .. ("\0"):rep(12), u32(1) } },
  sh_members = {
    { ("<I4>I8>I4<I2BB"):pack(128, 0x1122334455667788, 0x0a000007, 0, 6, 0), u32(1) },
  },
  sh_routes6 = { { u32(64) .. "\x20\x01\x0d\xb8" .. ("\0"):rep(12), u32(1) } },
  sh_short = { { u32(16) .. "\10\1\0", u32(1) }, { u32(24) .. "\10\1\2", u32(2) } },
  sh_held = {}, sh_pointing = {},
}

local function facts(address, wide, balance, level, mask)
  return ("<I8I8"):pack(address, 0) .. ("<I8I8"):pack(wide, wide < 0 and -1 or 0)
    .. ("<i8i8"):pack(balance, balance < 0 and -1 or 0) .. ("<i4I4I8"):pack(level, 0, mask)
end

-- Below 2^64: address, wide (or 2^128 minus n), balance, level, mask (or 2^64 minus n).
shapes.entries.sh_stations = {
  { "\0\1\2\3\4\5", facts(0xffff888000001000, 9, -1, 7, 1 << 63) },
  { "\0\1\2\3\4\6", facts(0x1000, 5, 2, -1, 9) },
  { "\0\1\2\3\4\7", facts(0, 2, -300, 0, 10) },
  { "abc\0\0\0", facts(0xffff888000000fff, -1, 10, 12, -1) },
}

shapes.entries.sh_wide = { { ("\0"):rep(8) .. "\1" .. ("\0"):rep(7), ("<i8"):pack(64) } }
for _, n in ipairs(WIDE) do
  table.insert(shapes.entries.sh_wide, { ("<I8I8"):pack(n, 0), ("<i8"):pack(n) })
end

-- Each CPU's value: with two or more CPUs the first two have the same process.
local function running(calls, pid, comm, flows, last)
  return ("<I8I4c16I4I8"):pack(calls, pid, comm, flows, last)
end

shapes.running = {
  same = { running(5, 4242, "bash", 2, 1000), running(7, 4242, "bash", 3, 2000) },
  mixed = { running(5, 4242, "bash", 2, 3000), running(7, 77, "zsh", 3, 2000) },
}

local Loaded = {}
Loaded.__index = Loaded

--- Loads the maps and fills them.
---@return table loaded its `maps` by name, its `object`; to be closed
function shapes.load()
  local self = setmetatable({ maps = {} }, Loaded)
  self.object = assert(bpf.load(fixture.object("shapes")))
  for name, entries in pairs(shapes.entries) do
    local map = assert(self.object:map(name))
    self.maps[name] = map
    for _, entry in ipairs(entries) do assert(map:update(entry[1], entry[2])) end
  end
  return self
end

--- Frees all of them.
function Loaded:close()
  for _, map in pairs(self.maps) do map:close() end
  self.object:close()
end

return shapes
