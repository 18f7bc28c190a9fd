-- Holds a hash of a million entries with 16-byte keys until its input ends; prints its id when it
-- is full.
-- lunette run tests/web/lib/million.lua

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local object <close> = assert(bpf.load(fixture.object("maps_big")))
local map <close> = assert(object:map("mt_big"))
for i = 1, map:info().max_entries do
  assert(map:update(("<I8I8"):pack(i, 0), ("<I8"):pack(i * 3)))
end
print(json.encode { id = map:info().id })
io.stdout:flush()
io.stdin:read("a")
