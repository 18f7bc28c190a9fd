-- Floats as text, like in JSON: the shortest text that reads back, whole numbers up to 2^53 without
-- a point; NaN, Infinity and -Infinity.

local core = require("lunette.core.json")

local float = {}

---@param x number
---@return string
function float.text(x) return (core.encode(x):gsub('"', "")) end

return float
