-- Holds the object pinned at a path until its input ends; prints its process id.
-- lunette run tests/lua/support/hold_pin.lua PIN

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local map <close> = assert(bpf.map(arg[1]))
print(fixture.pid(), map:id())
io.stdout:flush()
io.stdin:read("a")
