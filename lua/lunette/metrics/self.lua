-- Lunette's own metrics on each page: the status of each rule, the process, and the server's VMs
-- and requests.

local core = require("lunette.core.metrics")
local lunette = require("lunette")
local rule_status = require("lunette.metrics.rule_status")
local strict = require("lunette.runtime.strict")

local own = {}

local GAUGES = {
  { "lunette_rule_duration_seconds", "duration", "How long the rule or collector took.",
    "seconds" },
  { "lunette_rule_series", "series", "Series of the rule at its last scrape." },
}

local COUNTERS = {
  { "lunette_rule_errors_total", "errors",
    "Failures of a rule: entries, maps, and whole passes." },
  { "lunette_rule_entries_total", "entries", "Map entries that the rule read." },
  { "lunette_rule_clashes_total", "clashes", "Metrics that another rule has already." },
  { "lunette_rule_labels_cut_total", "labels_cut", "Label values cut at 1,024 bytes." },
}

local CUTS = { top = "top", max = "max_series", expired = "expire", duplicate = "duplicate" }

local function emit_counts(emit, scrape, name, what)
  local counts = core.counts(what)
  for _, ran in ipairs(scrape.ran) do
    emit(name, counts[ran.name] or 0, { rule = ran.name })
  end
end

local function emit_cuts(emit, scrape)
  emit.family { name = "lunette_rule_series_cut", type = "gauge",
    help = "Series that the rule left out at its last scrape, by its budget or as duplicates." }
  for what, reason in pairs(CUTS) do
    local counts = core.counts("cut_" .. what)
    for _, ran in ipairs(scrape.ran) do
      if (counts[ran.name] or 0) > 0 then
        emit("lunette_rule_series_cut", counts[ran.name], { rule = ran.name, reason = reason })
      end
    end
  end
end

-- The server's figures: a list of { name, type, help, unit, value, labels }.
local function emit_server(emit)
  local ok, status = pcall(require, "lunette.runtime.status")
  if not ok or not status.metrics then return end
  for _, sample in ipairs(status.metrics()) do emit(sample) end
end

-- One rule of a tool: events counted by labels.
local function emit_counted(emit, rule)
  local kind = rule.bounds and "histogram" or "counter"
  emit.family { name = rule.name, type = kind, help = rule.help, bounds = rule.bounds }
  for _, key in ipairs(strict.names(rule.sets)) do
    local labels, at, count = {}, 0, rule.sets[key]
    for value in (key .. "\0"):gmatch("([^\0]*)\0") do
      at = at + 1
      if rule.labels[at] then labels[rule.labels[at]] = value end
    end
    if rule.bounds then
      emit { name = rule.name, labels = labels, counts = count.counts, sum = count.sum }
    else
      emit(rule.name, count, labels)
    end
  end
end

local TOOLS = {
  { "lunette_tool_up", "gauge", "1 while the tool runs, 0 when it ended by an error.",
    function(state) return state.running and 1 or 0 end },
  { "lunette_tool_events_total", "counter", "Events of the tool since it was started.",
    function(state) return state.events end },
  { "lunette_tool_lost_total", "counter", "Events that the tool lost, as a buffer was full.",
    function(state) return state.lost end },
}

-- The tools that run in this server, and what their rules count.
local function emit_tools(emit)
  local states = require("lunette.tool.control").states()
  local names = strict.names(states)
  if #names == 0 then return end
  for _, family in ipairs(TOOLS) do
    emit.family { name = family[1], type = family[2], help = family[3] }
    for _, name in ipairs(names) do
      local state = states[name]
      local value = family[4](state)
      if value and (state.running or state.error) then emit(family[1], value, { tool = name }) end
    end
  end
  for _, name in ipairs(names) do
    local state = states[name]
    for _, rule in ipairs(state.running and state.counts or {}) do emit_counted(emit, rule) end
  end
end

-- The first line of each failed rule's reason.
local function emit_down(emit, scrape)
  emit.family { name = "lunette_rule_down", type = "gauge",
    help = "1 for a rule that did not give all that it could at this scrape, with the reason." }
  for _, ran in ipairs(scrape.ran) do
    local reason = not ran.up and (rule_status.get(ran.name).error or "there is no such rule")
    if reason then
      emit("lunette_rule_down", 1, { rule = ran.name, reason = reason:match("^[^\n]*") })
    end
  end
end

local function emit_rules(emit, scrape)
  emit.family { name = "lunette_rule_up", type = "gauge",
    help = "1 when the rule gave all that it could at this scrape." }
  for _, ran in ipairs(scrape.ran) do
    emit("lunette_rule_up", ran.up and 1 or 0, { rule = ran.name })
  end
  emit_down(emit, scrape)
  for _, metric in ipairs(GAUGES) do
    emit.family { name = metric[1], type = "gauge", help = metric[3], unit = metric[4] }
    emit_counts(emit, scrape, metric[1], metric[2])
  end
  for _, metric in ipairs(COUNTERS) do
    emit.family { name = metric[1], type = "counter", help = metric[3] }
    emit_counts(emit, scrape, metric[1], metric[2])
  end
  emit_cuts(emit, scrape)
end

--- Emits all of Lunette's own metrics.
---@param emit any
---@param scrape table
function own.emit(emit, scrape)
  emit_rules(emit, scrape)
  emit_tools(emit)
  emit { name = "lunette_build", type = "info", help = "The version of Lunette.",
    labels = { version = lunette.version, lua = _VERSION } }
  emit { name = "lunette_scrape_duration", type = "gauge", unit = "seconds",
    help = "How long this page took to make.", value = lunette.now() - scrape.began }
  emit_server(emit)
end

return own
