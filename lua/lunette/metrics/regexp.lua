-- Regular expressions as --etm, relabelling, filters and the `regexp` decoder take them:
-- libpcre2's. What is written for RE2 (ebpf_exporter, Prometheus) means the same. Not anchored.

local core = require("lunette.core.metrics")

local regexp = {}

--- Compiles a pattern. regex:match(text) gives the match and its groups, or nil; it raises when
--- the pattern takes too long for that text.
---@param pattern string
---@return table|nil regex, string? err
function regexp.compile(pattern)
  local regex, err = core.regex(pattern)
  if regex then return regex end
  return nil, ("regexp '%s' does not compile: %s"):format(pattern:sub(1, 100), err)
end

return regexp
