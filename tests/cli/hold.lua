-- Holds the maps of tests/bpf/cli.bpf.c with known content, prints their ids as JSON, and ends when
-- its input ends.

local bpf = require("bpf")
local json = require("lunette.runtime.json")

local object <close> = assert(bpf.load(arg[1]))
local flows <close> = object:map("cli_flows")
local queue <close> = object:map("cli_queue")

for i, packets in ipairs { 10, 300, 2000, 1 << 60 } do
  assert(flows:update(("<I4I2I2"):pack(i, 80 * i, 6), ("<I8I8"):pack(packets, packets * 2)))
end
assert(queue:push(("<I4"):pack(7)))
assert(queue:push(("<I4"):pack(8)))

local latency <close> = object:map("cli_latency")
assert(latency:update(("<I4"):pack(5), ("<I4I4I4I4I4I4I4I4"):pack(0, 2, 4, 8, 0, 1, 0, 0)))
assert(latency:update(("<I4"):pack(6), ("<I4I4I4I4I4I4I4I4"):pack(1, 0, 0, 0, 0, 0, 0, 0)))

local ids = { program = object:progs()[1].id }
for _, map in ipairs(object:maps()) do ids[map.name] = map.id end
print(json.encode(ids))
io.stdout:flush()
io.read("a")
