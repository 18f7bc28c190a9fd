-- Holds many maps and programs until its input ends; prints its id and the programs' ids.
-- lunette run tests/web/lib/crowd.lua OBJECTS: a hundred maps and five programs each.

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local objects, programs = {}, {}
for i = 1, tonumber(arg[1]) do
  objects[i] = assert(bpf.load(fixture.object("crowd")))
  for _, prog in ipairs(objects[i]:progs()) do programs[#programs + 1] = prog.id end
end
print(json.encode { pid = fixture.pid(), programs = json.array(programs) })
io.stdout:flush()
io.stdin:read("a")
for _, object in ipairs(objects) do object:close() end
