-- What Lunette tells of itself at the end of each page: how each rule fared, what the process
-- is, and what the server says of its VMs and requests.

local core = require("lunette.core.metrics")
local lunette = require("lunette")

local own = {}

local function each_ran(emit, self)
  for _, ran in ipairs(self.ran) do
    emit("lunette_rule_up", ran.up and 1 or 0, { rule = ran.name })
  end
end

local GAUGES = {
  { "lunette_rule_duration", "duration", "How long the rule or collector took.", "seconds" },
  { "lunette_rule_series", "series", "Series that it gave at its last scrape." },
}

local COUNTERS = {
  { "lunette_rule_errors", "errors", "Failures of a rule: entries, maps, and whole passes." },
  { "lunette_rule_entries", "entries", "Map entries that its passes read.",
    "entries" },
  { "lunette_rule_clashes", "clashes", "Metrics that another rule has already." },
  { "lunette_rule_labels_cut", "labels_cut", "Label values cut at 1,024 bytes." },
}

local CUTS = { top = "top", max = "max_series", expired = "expire", duplicate = "duplicate" }

local function emit_counts(emit, self, name, what)
  local counts = core.counts(what)
  for _, ran in ipairs(self.ran) do
    emit(name, counts[ran.name] or 0, { rule = ran.name })
  end
end

local function emit_cuts(emit, self)
  emit.family { name = "lunette_rule_series_cut", type = "gauge",
    help = "Series that the rule left out at its last scrape, by its budget or as duplicates." }
  for what, reason in pairs(CUTS) do
    local counts = core.counts("cut_" .. what)
    for _, ran in ipairs(self.ran) do
      if (counts[ran.name] or 0) > 0 then
        emit("lunette_rule_series_cut", counts[ran.name], { rule = ran.name, reason = reason })
      end
    end
  end
end

-- What the server has to say: a list of { name, type, help, unit, value, labels }.
local function emit_server(emit)
  local ok, status = pcall(require, "lunette.runtime.status")
  if not ok or not status.metrics then return end
  for _, sample in ipairs(status.metrics()) do emit(sample) end
end

--- Emits all of it.
---@param emit any
---@param self table the scrape
function own.emit(emit, self)
  emit.family { name = "lunette_rule_up", type = "gauge",
    help = "1 when the rule gave all that it could at this scrape." }
  each_ran(emit, self)
  for _, metric in ipairs(GAUGES) do
    local name = metric[4] and metric[1] .. "_" .. metric[4] or metric[1]
    emit.family { name = name, type = "gauge", help = metric[3], unit = metric[4] }
    emit_counts(emit, self, name, metric[2])
  end
  for _, metric in ipairs(COUNTERS) do
    emit.family { name = metric[1] .. "_total", type = "counter", help = metric[3] }
    emit_counts(emit, self, metric[1] .. "_total", metric[2])
  end
  emit_cuts(emit, self)
  emit { name = "lunette_build", type = "info", help = "The version of Lunette.",
    labels = { version = lunette.version, lua = _VERSION } }
  local _, now = core.now()
  emit { name = "lunette_scrape_duration", type = "gauge", unit = "seconds",
    help = "How long this page took to make.", value = now - self.began }
  emit_server(emit)
end

return own
