-- Names of numbers that tools show: signals, devices, TCP's states, addresses.

local bpf = require("bpf")
local decode = require("lunette.decode")

local names = {}

-- Numbers 1 to 31, the same on all machines that Linux runs on but MIPS, Alpha and SPARC.
local SIGNALS = {}
for name in ([[HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD
  CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS]]):gmatch("%S+") do
  SIGNALS[#SIGNALS + 1] = "SIG" .. name
end

--- "SIGTERM", or the number as a text.
---@param number integer
---@return string
function names.signal(number) return SIGNALS[number] or tostring(number) end

local STATES = { "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
  "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV" }

--- The state of a TCP socket.
---@param number integer
---@return string
function names.tcp_state(number) return STATES[number] or tostring(number) end

local plans = {}

-- What a decoder of this kind makes of a number of 4 bytes.
local function decoded(kind, number)
  plans[kind] = plans[kind] or bpf.plan(decode.spec(decode[kind](4)), 4)
  return plans[kind]:decode(("<I4"):pack(number))
end

--- The name of a system call.
---@param number integer
---@return string
function names.syscall(number) return decoded("syscall", number) end

--- The name of a disk, "vda", else its numbers.
---@param dev integer
---@return string
function names.disk(dev)
  local text = decoded("dev", dev)
  return text:match("%((.+)%)$") or text:match("^%S+%s+(%S+)$") or text
end

--- The number of a disk by its name, as the kernel's tracepoints have it.
---@param name string
---@return integer|nil
function names.disk_number(name)
  if name:find("[/%c]") then return nil end
  local file <close> = io.open(("/sys/class/block/%s/dev"):format(name))
  local major, minor = (file and file:read("l") or ""):match("^(%d+):(%d+)$")
  return major and math.tointeger(major) << 20 | math.tointeger(minor)
end

return names
