-- lunette.hosts: the hosts of a fleet, and questions to all of them at once.
--
-- `lunette serve --peers` and --host keep the list in `shared`, so that every VM has it.

local ask = require("lunette.hosts.ask")
local json = require("lunette.runtime.json")
local match = require("lunette.hosts.match")
local shared = require("lunette.runtime.shared")
local strict = require("lunette.runtime.strict")

local hosts = {}

local SECONDS <const> = 5

--- The hosts that match a name, a glob or labels; all without one.
---@param text string|nil such as "web*" or "env=prod,name=db*"
---@return { name: string, url: string, labels: table<string, string> }[]
function hosts.list(text)
  local matches, list = match.of(text), {}
  for _, host in ipairs(shared.get("hosts.list") or {}) do
    if matches(host) then list[#list + 1] = host end
  end
  return list
end

--- The sources of the list, with how many hosts each has and its error.
---@return { source: string, hosts: integer, error: string? }[]
function hosts.sources() return shared.get("hosts.sources") or {} end

--- The hosts as Prometheus' http_sd gives them. A Unix socket is no target.
---@return table[] groups
function hosts.targets()
  local groups = json.array {}
  for _, host in ipairs(hosts.list()) do
    local scheme, address = host.url:match("^(%a+)://(.*)$")
    local labels = { __scheme__ = scheme }
    for name, value in pairs(host.labels) do labels[name] = value end
    if not host.unix then
      groups[#groups + 1] = { targets = json.array { address }, labels = labels }
    end
  end
  return groups
end

--- How requests are made: the files of tokens and certificates.
---@return table
function hosts.settings() return shared.get("hosts.settings") or {} end

local OPTIONS = strict.set "match variables operation seconds"

--- Asks every host that matches, at once, under one deadline. A row a host, in the list's order:
--- { host, data | nil, error | nil, up, latency }; data is the decoded answer.
---@param query string GraphQL
---@param opts { match: string?, variables: table?, operation: string?, seconds: number? }|nil
---@return table[] rows
function hosts.ask(query, opts)
  if type(query) ~= "string" then error("hosts.ask: the query must be a string", 2) end
  opts = opts or {}
  strict.options("hosts.ask", opts, OPTIONS, 2)
  local list = hosts.list(opts.match)
  local body = ask.body(query, opts.variables and json.encode(opts.variables), opts.operation)
  local answers, rows = ask.all(list, { body }, { seconds = opts.seconds or SECONDS,
    settings = hosts.settings() }), {}
  for i, host in ipairs(list) do
    local answer = answers[i][1]
    rows[i] = { host = host.name, up = not answer.failed, error = answer.error,
      latency = answer.latency, data = answer.data and json.decode(answer.data) or nil }
  end
  return rows
end

return hosts
