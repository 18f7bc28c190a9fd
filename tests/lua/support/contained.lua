-- Prints this process's id, the ids that owners and perf events report, in one row, and the attach
-- view's notes: for a test in a process namespace of its own.

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local object <close> = assert(bpf.load(fixture.object("objects")))
object:attach("obj_tracepoint_of_getpgid")
local id = fixture.find(object:progs(), { name = "obj_tracepoint_of_getpgid" }).id
local owner = fixture.find(assert(bpf.owners()), { kind = "prog", id = id })
local task = fixture.find(assert(bpf.task_fd_query()), { prog_id = id })
print(fixture.pid(), owner.pid, task and task.pid)
print(table.concat(select(2, assert(require("lunette.attach").list())), "\n"))
