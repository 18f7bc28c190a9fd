-- Chooses hosts: by a name or glob (web*), by labels (env=prod), or several with commas, which must
-- all hold.

local glob = require("lunette.runtime.glob")

local match = {}

--- A function that tells whether a host matches; nil and "" match every host.
---@param text string|nil
---@return fun(host: table): boolean
function match.of(text)
  local tests = {}
  for word in (text or ""):gmatch("[^,]+") do
    local label, value = word:match("^([%a_][%w_]*)=(.*)$")
    tests[#tests + 1] = { label = label, pattern = glob.pattern(value or word) }
  end
  return function(host)
    for _, test in ipairs(tests) do
      local value = test.label and test.label ~= "name" and (host.labels[test.label] or "")
        or host.name
      if not value:match(test.pattern) then return false end
    end
    return true
  end
end

return match
