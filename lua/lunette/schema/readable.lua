-- Which maps' entries can be walked over, and why others' can't: the bpf module knows.

local bpf = require("bpf")

local readable = {}

--- Can the map's entries be walked?
---@param info table
---@return boolean
function readable.lookup(info) return not info.error and bpf.unreadable(info) == nil end

--- Why they can't be, in a sentence; nil where they can.
---@param info table
---@return string|nil
function readable.why(info) return info.error or bpf.unreadable(info) end

return readable
