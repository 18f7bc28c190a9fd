-- Which maps' entries can be walked, and the reason for others; from the bpf module.

local bpf = require("bpf")

local readable = {}

--- True when the map's entries can be walked.
---@param info table
---@return boolean
function readable.lookup(info) return not info.error and bpf.unreadable(info) == nil end

--- A sentence on why they can't be walked; nil when they can.
---@param info table
---@return string|nil
function readable.why(info) return info.error or bpf.unreadable(info) end

return readable
