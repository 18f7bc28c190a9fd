-- lunette metrics: prints /metrics once; writes a rule for a map.

local bpf = require("bpf")
local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local files = require("lunette.runtime.files")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local registry = require("lunette.registry")
local scripts = require("lunette.cli.scripts")
local suggest = require("lunette.runtime.suggest")

local metrics = {}

function metrics.configure(command)
  command:require_command(false)
  command:command_target("action")
  command:option("--rule", "Print only this rule or collector (may be "
    .. "repeated)."):count("*"):argname("NAME")
  command:option("--name", "Print only this metric (may be repeated)."):count("*"):argname("METRIC")
  command:option("--format", "text (Prometheus 0.0.4) or openmetrics (1.0.0)."):default("text")
    :choices({ "text", "openmetrics" })
  command:option("--output", "Write FILE whole or not at all (for node_exporter's textfiles).")
    :argname("FILE")
  command:option("--etm --entries-to-metrics", "Export entries: FROM-TO:NAME_REGEXP:FORMAT.")
    :count("*"):argname("RULE")
  args.scripts(command)
  local rule = command:command("rule"):summary("Write a rule for a map, ready for a script")
  rule:argument("map", "Id, name or pin path.")
  command:epilog("Errors of rules are printed on stderr, and the exit code is 1.\n\n" .. exit.TEXT)
end

local function set_of(list)
  if not list or #list == 0 then return nil end
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  return set
end

local function write_rule(given)
  scripts.load(given.script)
  local info = exit.check(bpf.map_info(objects.id("map", given.map)))
  local ok, written = pcall(require("lunette.metrics.rule_text").write, info,
    require("lunette.decode").for_map(info))
  if not ok then exit.fail(exit.FAILED, "%s", tostring(written)) end
  output.line("-- " .. written.why)
  output.text(written.source)
  return exit.OK
end

local function copy(source, file)
  while true do
    local chunk, err = source:read()
    if err then exit.fail(exit.FAILED, "metrics: %s", err) end
    if not chunk then return end
    local ok, problem = file:write(chunk)
    if not ok then exit.fail(exit.FAILED, "metrics: %s", problem) end
  end
end

local function write_file(source, path)
  local opened, why = files.open(path)
  if not opened then exit.fail(exit.FAILED, "metrics: %s", why) end
  local file <close> = opened
  copy(source, file)
  local ok, err = file:commit()
  if not ok then exit.fail(exit.FAILED, "metrics: %s: %s", path, err) end
end

-- A suggestion for an unknown rule name; a metric's full name is accepted, too.
local function hint(name)
  local names = {}
  for _, kind in ipairs { "metric", "collector" } do
    for _, item in ipairs(registry.list(kind)) do names[#names + 1] = item.name end
  end
  local near = suggest.names(name, names)[1]
  for _, one in ipairs(names) do
    if one:sub(1, #name) == name then near = one end
  end
  return near and (" (did you mean '%s'?)"):format(near) or ""
end

local function check_rules(rules)
  local api = require("lunette").metrics
  for _, name in ipairs(rules or {}) do
    if not api.find(name) then
      exit.fail(exit.MISSING, "metrics: no rule '%s'%s", name, hint(name))
    end
  end
end

-- Exit code 1 when a requested rule failed or is incomplete.
local function code_of(failed) return failed and exit.FAILED or exit.OK end

function metrics.run(given)
  objects.need_admin()
  if given.action == "rule" then return write_rule(given) end
  local api = require("lunette").metrics
  for _, text in ipairs(given.etm or {}) do
    local ok, err = api.etm(text)
    if not ok then exit.fail(exit.USAGE, "%s", err) end
  end
  scripts.load(given.script)
  check_rules(given.rule)
  local page, failed = api.page { rules = set_of(given.rule), names = set_of(given.name) }
  local source <close> = page:source(given.format)
  if given.output then
    write_file(source, given.output)
  else
    output.stream(source)
  end
  return code_of(failed)
end

return metrics
