-- --etm ID_START-ID_END:NAME_REGEXP:KEY_FORMAT, dev-agent's option: exports the entries of matching
-- maps as devagent_ebpf_map_entry_value. Each becomes a rule; the first one that matches a map is
-- used.

local core = require("lunette.core.metrics")

local etm = {}

local FORMATS = { string = true, number = true, hex = true }

local function id_of(text, fallback)
  if text == "" then return fallback end
  return math.tointeger(tonumber(text))
end

--- Reads one.
---@param text string
---@return table|nil { from, to, regex, format }, string? err
function etm.parse(text)
  local first, last, pattern, format = text:match("^(%d*)%-(%d*):(.*):([^:]*)$")
  if not first then
    return nil, ("--etm '%s' is not ID_START-ID_END:NAME_REGEXP:KEY_FORMAT"):format(text)
  end
  if not FORMATS[format] then
    return nil, ("--etm '%s': the key format is string, number or hex, not '%s'")
      :format(text, format)
  end
  local from, to = id_of(first, 0), id_of(last, math.maxinteger)
  if not from or not to or from > to then
    return nil, ("--etm '%s': no range of ids"):format(text)
  end
  local regex, err = core.regex(pattern)
  if not regex then return nil, ("--etm '%s': %s"):format(text, err) end
  return { from = from, to = to, regex = regex, format = format, text = text }
end

-- dev-agent matched only the kernel's names.
local function holds(one, info)
  if info.id < one.from or info.id > one.to then return false end
  return one.regex:match(info.name) ~= nil
    or info.full_name ~= nil and one.regex:match(info.full_name) ~= nil
end

local rules = {}

local function first_for(info)
  for _, one in ipairs(rules) do
    if holds(one, info) then return one end
  end
  return nil
end

local RULE = {
  rule = "etm", name = "devagent_ebpf_map_entry_value", type = "gauge",
  help = "Value of an eBPF map entry",
  match = function(info) return first_for(info) ~= nil end,
  labels = { id = "map.id", name = "map.name", type = "map.type", cpu = "cpu",
    key = { "key", raw = function(info) return first_for(info).format end } },
  value = { "value", raw = "number" },
  max_series = math.huge,
}

--- Adds a rule; returns the metrics rule to declare when it is the first.
---@param text string
---@return table|nil spec, string? err
function etm.add(text)
  local one, err = etm.parse(text)
  if not one then return nil, err end
  rules[#rules + 1] = one
  return #rules == 1 and RULE or nil
end

--- True when an --etm rule exports the map's entries.
---@param info MapInfo
function etm.exports(info) return first_for(info) ~= nil end

--- Removes all rules (for tests).
function etm.clear() rules = {} end

return etm
