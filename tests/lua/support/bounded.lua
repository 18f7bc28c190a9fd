-- Loads programs and reads its map where the kernel refuses to list objects, and prints the result.

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local object <close> = assert(bpf.load(fixture.object("objects")))
local map <close> = assert(object:map("obj_counts"))
local prog <close> = assert(object:prog("obj_tp_btf"))
local entries = 0
for _ in map:each() do entries = entries + 1 end
local _, _, errno = bpf.progs()
print(map:info().name, prog:info().name, entries, errno)
