-- Floats as text, as JSON has them: the shortest text that reads back, a whole number without a
-- point up to 2^53; NaN, Infinity and -Infinity.

local core = require("lunette.core.json")

local float = {}

---@param x number
---@return string
function float.text(x) return (core.encode(x):gsub('"', "")) end

return float
