-- Hostile text in every place where the kernel accepts text: this process's name, pins, a control
-- group's path, a map's entries, source lines. Prints ids as JSON and ends when its input ends.
-- lunette run tests/cli/hostile.lua OBJECT CGROUP PIN

local bpf = require("bpf")
local json = require("lunette.runtime.json")

local EVIL = "\27]0;pwned\7\u{9B}31m\u{202E}\xFF"

local comm <close> = assert(io.open("/proc/self/comm", "w"))
comm:write("\27[31m\7\xFF\u{9B}e")
comm:flush()

local object <close> = assert(bpf.load(arg[1]))
local notes <close> = object:map("hostile_notes")
for _, key in ipairs { EVIL, "=1+1", "plain" } do
  local text = key == "plain" and "\u{9B}31m\u{202E}" or EVIL .. key -- what has ESC is shown in hex
  assert(notes:update(("<c24"):pack(key), ("<c40I8"):pack(text, 7)))
end
assert(object:attach("hostile_egress", { cgroup = arg[2] }))
assert(bpf.pin(notes, arg[3] .. EVIL))
assert(bpf.pin(notes, arg[3] .. "; echo pwned"))

local program = object:progs()[1]
local ids = { map = notes:id(), program = program.id }
for _, link in ipairs(bpf.links()) do
  if link.prog_id == program.id then ids.link = link.id end
end
local info = bpf.prog_info(program.id)
ids.btf = info.btf_id
print(json.encode(ids))
io.stdout:flush()
io.read("a")
bpf.unpin(arg[3] .. EVIL)
bpf.unpin(arg[3] .. "; echo pwned")
