---@meta bpf
-- The cost of a program in perf events, hardware and software ones.

local bpf = {}

---@class bpf.Counters
local Counters = {}

---Sums over all CPUs since the opening. Where hardware events take turns on too few counters,
---running is less than enabled; both are of the event that ran least.
---@return { runs: integer, enabled: integer, running: integer, values: table<string, integer> }|nil
---@return string? err, integer? errno
function Counters:read() end

function Counters:close() end

---Counts events during the runs of a program, by programs at its entry and exit (fentry, fexit),
---until it is closed. EOPNOTSUPP where the kernel has no fentry for BPF programs, ENODEV where
---the machine has no such counter, ENODATA for a program without BTF.
---@param prog_id integer
---@param events string[] of bpf.counter_names
---@return bpf.Counters|nil, string? err, integer? errno
function bpf.counters(prog_id, events) end

---The events that there are, and whether one can be opened here.
---@return { name: string, available: boolean }[]
function bpf.counter_names() end

return bpf
