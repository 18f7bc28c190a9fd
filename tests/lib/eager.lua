-- Runs a script with a collector that never rests, so that an object freed too early is used after
-- its end: lunette run tests/lib/eager.lua SCRIPT [ARGUMENT...]

collectgarbage("incremental", 1, 1000, 1)
local script = table.remove(arg, 1)
arg[0] = script -- luacheck: ignore 122
assert(loadfile(script))(table.unpack(arg))
