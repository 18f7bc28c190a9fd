-- Opens the object pinned at a path, prints its process id, and waits to be killed.

local bpf = require("bpf")

local held = assert(bpf.prog(arg[1]))
local stat <close> = assert(io.open("/proc/self/stat"))
print(stat:read("l"):match("^%d+"))
io.stdout:flush()
require("lunette.core.tty").sleep(600)
held:close()
