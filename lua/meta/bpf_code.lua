---@meta bpf
-- The code of programs. The kernel shows it to CAP_SYS_ADMIN; addresses and names of called
-- functions need CAP_SYSLOG too.

local bpf = {}

---@class bpf.CodeFunction
---@field name string from BTF; the program's for the first one without; else ""
---@field start integer index of its first instruction
---@field count integer slots (wide instructions take two)

---@class bpf.CodeLine
---@field insn integer index of the first instruction that the line stands for
---@field file string
---@field text string as written, with its indentation
---@field line integer
---@field column integer

---@class bpf.Insn
---@field index integer
---@field bytes string hex
---@field text string in the verifier's notation: "(07) r1 += 8"
---@field wide? boolean it takes two slots
---@field line? integer which of Code.lines it was compiled from
---@field target? integer index of the instruction that it jumps to, or of the function it names
---@field call? string helper or kernel function that it calls
---@field map_id? integer the map that it names
---@field var? string global variable that it reads, writes or takes the address of: "stats.bytes"

---@class bpf.Code
---@field functions bpf.CodeFunction[]
---@field lines bpf.CodeLine[] empty without BTF
---@field insns bpf.Insn[]

---The instructions of a program as the kernel rewrote them.
---@param id integer
---@return bpf.Code|nil, string? err, integer? errno
function bpf.xlated(id) end

---@class bpf.NativeInsn
---@field offset integer bytes from the function's start
---@field bytes string hex
---@field text string
---@field line? integer which of the lines it was compiled from
---@field target? integer where in the function it jumps to
---@field symbol? string the target of a call or jump to the outside

---@class bpf.NativeFunction: bpf.CodeFunction
---@field address string "0xffff…"
---@field size integer bytes
---@field insns bpf.NativeInsn[]

---The machine code of a program. ENODATA where there is none, or none that we may see.
---@param id integer
---@param syntax? "att"|"intel" default "att"
---@return { arch: string, library: string, functions: bpf.NativeFunction[],
--- lines: bpf.CodeLine[] }|nil
---@return string? err, integer? errno
function bpf.jited(id, syntax) end

---@class bpf.CfgFunction: bpf.CodeFunction
---@field blocks { first: integer, last: integer }[] indexes of instructions, in program order
---@field edges { from: integer, to?: integer, kind: "next"|"jump"|"exit" }[] between blocks, from 1

---The control-flow graph of each function.
---@param id integer
---@return bpf.CfgFunction[]|nil, string? err, integer? errno
function bpf.cfg(id) end

---@class bpf.Profile
local Profile = {}

---@class bpf.Hot
---@field prog_id integer
---@field func integer which of the program's functions, from 1
---@field offset integer bytes from the function's start, in native code
---@field samples integer

---The samples since the start or the last read.
---@return { samples: integer, lost: integer, hot: bpf.Hot[] }|nil, string? err, integer? errno
function Profile:read() end

function Profile:close() end

---Samples where every CPU is, by the CPU clock (a software perf event), until it is closed.
---lunette.code.hot tells the samples as source lines. Code that runs with interrupts off is
---seen where they are switched on again.
---@param hertz? integer 1 to 20000 times a second, default 997
---@return bpf.Profile|nil, string? err, integer? errno
function bpf.profile(hertz) end

---@class bpf.TraceLog
local TraceLog = {}

---Waits up to that long and gives what whole lines there are; "" when there are none.
---lunette.code.trace takes them apart.
---@param seconds? number default 0: do not wait
---@return string|nil text, string? err, integer? errno
function TraceLog:read(seconds) end

function TraceLog:close() end

---The kernel's trace pipe, where bpf_printk writes. Reading takes the lines out: of several
---readers (bpftool prog tracelog, cat trace_pipe) each gets a part.
---@return bpf.TraceLog|nil, string? err, integer? errno
function bpf.trace_log() end

return bpf
