-- lunette check: which BPF features this host has, what is lost without each missing one, and
-- whether the user's scripts load.

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local json = require("lunette.runtime.json")
local load = require("lunette.runtime.load")
local output = require("lunette.cli.output")
local registry = require("lunette.registry")
local scripts = require("lunette.cli.scripts")
local tables = require("lunette.cli.table")

local check = {}

local HOST = [[
{ host {
  name kernel architecture possibleCpus onlineCpus statsEnabled jit unprivilegedBpf memory uptime
  features { name available detail }
} }]]

local KINDS = {
  "decoder", "metric", "collector", "graphql", "route", "websocket", "page", "panel", "service",
  "object", "tool",
}

function check.configure(command)
  args.json(args.scripts(command))
  command:epilog("The exit code is 1 when something is missing or a script fails.\n\n" .. exit.TEXT)
end

local function counts()
  local by_kind = {}
  for _, kind in ipairs(KINDS) do by_kind[kind] = #registry.list(kind) end
  return by_kind
end

-- The count of a script's declarations: "1 decoder, 2 pages".
local function declared(before)
  local after, words = counts(), {}
  for _, kind in ipairs(KINDS) do
    local n = after[kind] - before[kind]
    if n > 0 then words[#words + 1] = ("%d %s%s"):format(n, kind, n > 1 and "s" or "") end
  end
  return #words > 0 and table.concat(words, ", ") or "declares nothing"
end

local SHAPE = json.shape { "file", "ok", "detail" }

local function check_script(file)
  local before = counts()
  local first = #registry.list("object") + 1
  local ok, err = scripts.try(file, scripts.LIMITS)
  for _, item in ipairs(ok and { table.unpack(registry.list("object"), first) } or {}) do
    if ok then ok, err = load.check(item) end
  end
  return setmetatable({ file = file, ok = ok or false, detail = ok and declared(before) or err },
    SHAPE)
end

-- Builds the schema, because fields that scripts add are checked only then.
local function check_schema(list)
  local ok, schema, errors = pcall(require("lunette.schema").build)
  if ok and schema then return end
  local err = ok and errors or schema
  list[#list + 1] = setmetatable({ file = "GraphQL", ok = false, detail = tostring(err) }, SHAPE)
end

local function check_scripts(paths)
  local list = json.array({})
  for _, path in ipairs(paths) do
    for _, file in ipairs(scripts.files(path)) do list[#list + 1] = check_script(file) end
  end
  if #list > 0 then check_schema(list) end
  return list
end

local RULE = json.shape { "rule", "source", "ok", "series", "samples", "error" }

-- Runs every rule and collector of the scripts once.
local function check_rules(given)
  local list = json.array({})
  if #given.script == 0 then return list end
  local metrics = require("lunette").metrics
  for _, kind in ipairs { "metric", "collector" } do
    for _, item in ipairs(registry.list(kind)) do
      if item.source.script then
        local tried = metrics.try(item.name)
        list[#list + 1] = setmetatable({ rule = item.name, source = registry.where(item),
          ok = tried.ok, series = tried.series, samples = json.array(tried.samples),
          error = tried.error }, RULE)
      end
    end
  end
  return list
end

local function print_rules(list)
  for _, rule in ipairs(list) do
    output.line(("%s: metrics rule %s: %s"):format(rule.source, rule.rule,
      rule.ok and ("ok, %d series"):format(rule.series) or "fails"))
    if rule.error then output.line("  " .. rule.error:gsub("\n", "\n  ")) end
    for _, sample in ipairs(rule.samples) do output.line("  " .. sample) end
  end
end

local function state(ok) return ok and "ok" or "missing" end

local function print_lines(columns, rows)
  local lines = tables.lines(columns, rows)
  for i = 2, #lines do output.line(lines[i]) end
end

local function print_host(host)
  local cpus = host.onlineCpus == host.possibleCpus and ("%d CPUs"):format(host.onlineCpus)
    or ("%d of %d CPUs"):format(host.onlineCpus, host.possibleCpus)
  output.line(("%s: kernel %s, %s, %s"):format(host.name, host.kernel, host.architecture, cpus))
  print_lines({
    { title = "", value = function(feature) return "  " .. state(feature.available) end },
    { title = "", field = "name" },
    { title = "", value = function(feature) return graph.value(feature.detail) or "" end },
  }, host.features)
end

local function print_scripts(list)
  for _, script in ipairs(list) do
    output.line(("%s: %s"):format(script.file, script.ok and "ok, " .. script.detail or "fails"))
    if not script.ok then output.line("  " .. script.detail:gsub("\n", "\n  ")) end
  end
end

function check.run(given)
  -- Scripts come last, so that a failing script does not hide the report on the host.
  local host = graph.data(HOST).host
  local list = check_scripts(given.script)
  local rules = check_rules(given)
  local missing = 0
  for _, feature in ipairs(host.features) do missing = missing + (feature.available and 0 or 1) end
  for _, script in ipairs(list) do missing = missing + (script.ok and 0 or 1) end
  for _, rule in ipairs(rules) do missing = missing + (rule.ok and 0 or 1) end
  if given.json then
    output.json(json.object({ host = host, scripts = list, rules = rules },
      { "host", "scripts", "rules" }))
  else
    print_host(host)
    print_scripts(list)
    print_rules(rules)
  end
  return missing > 0 and exit.FAILED or exit.OK
end

return check
