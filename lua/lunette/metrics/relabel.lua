-- Changes labels after counting: decoders by name, relabelling by table, pattern or function, and
-- filters by label. Runs once per label set; sets that become equal are merged.

local core = require("lunette.core.metrics")
local names = require("lunette.metrics.names")
local strict = require("lunette.runtime.strict")

local relabel = {}

-- A step is function(labels by name) -> true to keep the series.

local CACHED = 4096 -- texts whose decoded form is cached

-- The decoded text; false: drops the series.
local function decoded(label, decode, text, kind)
  local shown = decode(text, kind)
  if shown == nil or shown == false then return false end
  local made, err = names.label_text(shown)
  if not made then error(("label '%s': its decoder's result %s"):format(label.name, err), 0) end
  return made
end

local function by_decoders(label)
  local cache, cached = {}, 0
  return function(labels)
    local text = labels[label.name]
    local shown = cache[text]
    if shown == nil then
      if cached == CACHED then cache, cached = {}, 0 end
      cached = cached + 1
      shown = text
      for i, decode in ipairs(label.expr.decoders) do
        shown = decoded(label, decode, shown, i == 1 and label.expr.kind or nil)
        if not shown then break end
      end
      cache[text] = shown
    end
    labels[label.name] = shown
    return shown ~= false
  end
end

local function by_table(name, map)
  local texts = {}
  for old, new in pairs(map) do
    local from, to = names.label_text(old), names.label_text(new)
    if not from or not to then
      error(("relabel: the table of label '%s' must map texts to texts"):format(name), 0)
    end
    texts[from] = to
  end
  return function(labels)
    labels[name] = texts[labels[name]] or labels[name]
    return true
  end
end

local STEP = strict.set "label pattern replace drop drop_others"

local function check_step(step, known)
  local field = strict.unknown(step, STEP)
  if field then
    error(("relabel: no '%s' in a step%s"):format(tostring(field), strict.hint(field, STEP)), 0)
  end
  if not known[step.label] then
    error(("relabel: no label '%s'"):format(tostring(step.label)), 0)
  end
  if step.replace ~= nil and type(step.replace) ~= "string" then
    error("relabel: replace must be a string", 0)
  end
  if step.replace and step.drop then error("relabel: replace and drop: one of them", 0) end
  if not (step.replace or step.drop or step.drop_others) then
    error("relabel: a pattern needs replace, drop or drop_others", 0)
  end
end

-- { label = , pattern = , replace = "$1" }: labels that do not match stay as they are.
local function by_pattern(step, known)
  check_step(step, known)
  local regex = assert(core.regex(step.pattern))
  return function(labels)
    local groups = { regex:match(labels[step.label]) }
    if groups[1] == nil then return not step.drop_others end
    if step.drop then return false end
    if step.replace then
      labels[step.label] = step.replace:gsub("%${?(%d)}?", function(n)
        return groups[tonumber(n) + 1] or ""
      end)
    end
    return true
  end
end

-- Applies a function's result: a table is the new label set; true keeps the labels as the function
-- left them; nil and false drop the series. Missing labels are empty.
local function by_function(fn, known)
  return function(labels)
    local changed = fn(labels)
    if changed == nil or changed == false then return false end
    if changed == true then changed = labels end
    if type(changed) ~= "table" then
      error(("relabel: must return a table of labels, true, false or nil, not a %s")
        :format(type(changed)), 0)
    end
    for name in pairs(changed) do
      if not known[name] then
        error(("relabel: made a label '%s' that the rule does not declare")
          :format(tostring(name)), 0)
      end
    end
    for name in pairs(known) do
      local value = changed[name]
      local text, err = names.label_text(value == nil and "" or value)
      if not text then error(("relabel: label '%s' %s"):format(name, err), 0) end
      labels[name] = text
    end
    return true
  end
end

local function by_filter(name, pattern)
  local regex = assert(core.regex(pattern))
  return function(labels) return regex:match(labels[name]) ~= nil end
end

local function add_relabel(steps, spec, known)
  if type(spec) == "function" then
    steps[#steps + 1] = by_function(spec, known)
    return
  end
  if type(spec) ~= "table" then error("relabel: must be a table or a function", 0) end
  for i, step in ipairs(spec) do
    if type(step) == "function" then
      steps[#steps + 1] = by_function(step, known)
    elseif type(step) == "table" and type(step.pattern) == "string" then
      steps[#steps + 1] = by_pattern(step, known)
    else
      error(("relabel: step %d needs a label and a pattern"):format(i), 0)
    end
  end
  for name, map in pairs(spec) do
    if type(name) == "string" then
      if not known[name] or type(map) ~= "table" then
        error(("relabel: '%s' is no label with a table"):format(name), 0)
      end
      steps[#steps + 1] = by_table(name, map)
    end
  end
end

--- The steps of a rule; nil when its labels do not change.
---@param spec any what the rule's relabel says
---@param filter any the rule's filter, when it is a table
---@param labels table[] the rule's labels
---@param state string|nil the label that a stateset adds
function relabel.compile(spec, filter, labels, state)
  local steps, known = {}, {}
  if state then known[state] = true end
  for _, label in ipairs(labels) do
    known[label.name] = true
    if label.expr and label.expr.decoders then steps[#steps + 1] = by_decoders(label) end
  end
  for name, pattern in pairs(type(filter) == "table" and filter or {}) do
    if not known[name] then error(("filter: no label '%s'"):format(tostring(name)), 0) end
    steps[#steps + 1] = by_filter(name, pattern)
  end
  if spec ~= nil then add_relabel(steps, spec, known) end
  return #steps > 0 and steps or nil
end

local function keeps(steps, labels)
  for _, step in ipairs(steps) do
    if not step(labels) then return false end
  end
  return true
end

--- Moves all series of some groups to other groups with their labels changed. `order` is the list
--- of label names.
function relabel.into(changed, steps, groups, order)
  for row = 1, (groups:size()) do
    local values, labels, ordered = groups:row(row), {}, {}
    for i, name in ipairs(order) do labels[name] = values[i] end
    if keeps(steps, labels) then
      for i, name in ipairs(order) do ordered[i] = labels[name] or "" end
      changed:merge(groups, row, table.unpack(ordered))
    end
  end
  groups:clear()
end

return relabel
