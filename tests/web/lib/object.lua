-- Holds the programs and maps of one fixture object until its input ends; prints their ids by name.
-- lunette run tests/web/lib/object.lua NAME [attach]

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local object = assert(bpf.load(fixture.object(arg[1])))
if arg[2] == "attach" then assert(object:attach()) end
local ids = { maps = json.object {}, programs = json.object {}, pid = fixture.pid() }
for _, map in ipairs(object:maps()) do ids.maps[map.name] = map.id end
for _, prog in ipairs(object:progs()) do ids.programs[prog.name] = prog.id end
print(json.encode(ids))
io.stdout:flush()
io.stdin:read("a")
object:close()
