-- Metrics by script: rules that export maps, collectors for anything else, and the page for
-- Prometheus. lua/meta/metrics.lua is the reference.

local collect_names = require("lunette.metrics.names")
local core = require("lunette.core.metrics")
local etm = require("lunette.metrics.etm")
local expose = require("lunette.metrics.expose")
local registry = require("lunette.registry")
local rule = require("lunette.metrics.rule")
local rule_status = require("lunette.metrics.rule_status")
local scrape = require("lunette.metrics.scrape")
local sampler = require("lunette.sampler")
local strict = require("lunette.runtime.strict")

local metrics = {}

local BUILTIN = { "programs", "maps", "links", "btf", "devagent" }

local off = {} -- names of collectors and rules that are disabled

local function find(kind, name)
  for _, item in ipairs(registry.list(kind)) do
    if item.name == name then return item end
  end
  return nil
end

-- Rules and collectors share their names.
local function check_new(name, what)
  local there = find("metric", name) or find("collector", name)
  if there then
    error(("%s: there is a '%s' already, declared at %s"):format(what, name,
      registry.where(there)), 3)
  end
end

-- Two rules can't have samples of the same name: the second one is an error.
local function check_clashes(made)
  for _, other in ipairs(registry.list("metric")) do
    for _, metric in ipairs(other.metrics) do
      local taken = {}
      for _, name in ipairs(collect_names.samples(metric.family, metric.type)) do
        taken[name] = true
      end
      for _, mine in ipairs(made.metrics) do
        for _, name in ipairs(collect_names.samples(mine.family, mine.type)) do
          if taken[name] then
            error(("metrics.map '%s': metric '%s' is declared already at %s"):format(made.name,
              name, registry.where(other)), 0)
          end
        end
      end
    end
  end
end

-- Raises an error at the caller of metrics.map. "return metrics.map {…}" is a tail call, of which
-- Lua keeps no line; then the script's name is given.
local function refuse(message)
  local caller = debug.getinfo(3, "l")
  local script = registry.script()
  if script and not (caller and caller.currentline > 0) then
    error(("%s: %s"):format(script, message), 0)
  end
  error(message, 3)
end

--- Declares a rule: exports the entries of every map that it matches.
---@param spec MetricRule
---@return table rule
function metrics.map(spec)
  local ok, made = pcall(rule.read, spec)
  if not ok then refuse(made) end
  local clear, err = pcall(check_clashes, made)
  if not clear then refuse(err) end
  check_new(made.name, "metrics.map")
  return registry.declare("metric", made)
end

local COLLECT = strict.set "max_series"

local function check_collect(name, opts)
  if name ~= nil and type(name) ~= "string" then
    error("metrics.collect: the name must be a string", 3)
  end
  if opts == nil then return end
  if type(opts) ~= "table" then error("metrics.collect: the options must be a table", 3) end
  strict.options("metrics.collect", opts, COLLECT, 3)
  local most = opts.max_series
  if most ~= nil and not (math.type(most) == "integer" and most > 0) then
    error("metrics.collect: max_series must be a whole number above 0", 3)
  end
end

--- Declares a collector: fn(emit) is called at each scrape.
---@param name string|fun(emit: table)
---@param opts? table|fun(emit: table) { max_series }
---@param fn? fun(emit: table)
function metrics.collect(name, opts, fn)
  if type(name) == "function" then name, opts, fn = nil, nil, name end
  if type(opts) == "function" then opts, fn = nil, opts end
  if type(fn) ~= "function" then error("metrics.collect: needs a function", 2) end
  check_collect(name, opts)
  if name then check_new(name, "metrics.collect") end
  local item = registry.declare("collector", { run = fn, name = name,
    max_series = opts and opts.max_series })
  item.name = name or registry.where(item)
  return item
end

--- Disables or enables a built-in collector, a rule, or "lunette" (its own figures).
---@param name string
---@param on boolean
function metrics.enable(name, on) off[name] = not on or nil end

--- Adds a rule in dev-agent's spelling: "-:AT_SYSCALLNUM:string".
---@param text string
---@return boolean|nil ok, string? err
function metrics.etm(text)
  local spec, err = etm.add(text)
  if err then return nil, err end
  if spec then metrics.map(spec) end
  return true
end

--- True when a rule or a collector has that name.
---@param name string
function metrics.find(name) return find("metric", name) or find("collector", name) end

--- Names of the decoders for labels.
function metrics.decoders() return require("lunette.metrics.decoders").names() end

--- The status of a rule or collector: { error, errors, series, duration, maps, cut_top, … }.
---@param name string
function metrics.status(name) return rule_status.get(name) end

-- Declares the built-in collectors before those of scripts.
for _, name in ipairs(BUILTIN) do
  metrics.collect(name, require("lunette.metrics.builtin." .. name).run).builtin = true
end

--- Makes a page. opts: names, rules (sets), deadline (monotonic seconds).
---@param opts? table
---@return table page, boolean failed
function metrics.page(opts)
  opts = opts or {}
  return scrape.make { names = opts.names, rules = opts.rules, deadline = opts.deadline,
    off = opts.off or off }
end

--- Prints the text of /metrics.
---@param opts? table also format = "text" | "openmetrics"
---@return table source to be read in chunks
function metrics.source(opts)
  local page <close> = metrics.page(opts)
  return page:source(opts and opts.format or "text")
end

local TRIED = 5 -- most samples shown of one rule

--- Runs one rule or collector once, for lunette check.
---@param name string
---@return { name: string, ok: boolean, series: integer, samples: string[], error?: string }
function metrics.try(name)
  local errors = rule_status.get(name).errors
  local page, failed = rule_status.silently(function()
    return metrics.page { rules = { [name] = true }, off = { lunette = true } }
  end)
  local handle <close> = page
  local source <close> = handle:source("text")
  local samples = {}
  for line in (source:read() or ""):gmatch("[^\n]+") do
    if line:sub(1, 1) ~= "#" and #samples < TRIED then samples[#samples + 1] = line end
  end
  local found = rule_status.get(name)
  failed = failed or found.errors > errors -- also when one entry failed
  return { name = name, ok = not failed, series = found.series, samples = samples,
    error = failed and found.error or nil }
end

--- Answers GET and HEAD /metrics.
---@param req table
---@return table response
function metrics.respond(req)
  sampler.want() -- keeps the programs' statistics on while a scraper returns regularly
  return expose.respond(req, metrics.page)
end

metrics.now = core.now

return strict.module(metrics, "lunette.metrics")
