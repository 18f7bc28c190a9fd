-- The hosts of a fleet (--peers): a query's selection under `data` is sent to each at once.

local ask = require("lunette.hosts.ask")
local collect = require("lunette.graphql.collect")
local forward = require("lunette.graphql.forward")
local hosts = require("lunette.hosts")
local json = require("lunette.runtime.json")
local sha256 = require("lunette.graphql.sha256")

local part = {}

part.sdl = [[
extend type Query {
  """
  The hosts that --peers lists. What is selected under data is sent to each of them at once, under
  one deadline: a host that is down, slow or too old for a field has an error, the others answer.
  """
  hosts(
    "A name or glob (web*), labels (env=prod), or several with commas: all must hold."
    match: String
    "Seconds that the hosts have."
    timeout: Float = 5.0
  ): [Peer!]!
  "Where hosts are listed, and whether each list can be read."
  hostSources: [HostSource!]!
}

"Another host that runs lunette serve."
type Peer {
  "Its name: HOST:PORT, or its label instance."
  name: String!
  "Its address."
  url: String!
  "Its labels, from the list."
  labels: JSON!
  "Did it answer?"
  up: Boolean!
  "Why it did not answer, or the first error in its answer."
  error: String
  "Seconds until its answer was there."
  latency: Float
  "The version of its Lunette."
  version: String
  "ok, or degraded: as in health."
  status: String
  "Its host name."
  hostname: String
  "The kernel's release."
  kernel: String
  "Its architecture."
  architecture: String
  "CPUs that run now."
  onlineCpus: Int
  "Seconds since it booted."
  uptime: Float
  "Its answer to this selection."
  data: Query
}

"A list of hosts."
type HostSource {
  "As --peers has it."
  source: String!
  "How many hosts it gave."
  hosts: Int!
  "Why it can't be read now; hosts that it gave before stay."
  error: String
}

extend type Subscription {
  "Events of a subscription on each host, as they come."
  hosts(
    "A name or glob (web*), labels (env=prod), or several with commas: all must hold."
    match: String
  ): HostEvent!
}

"An event of a host."
type HostEvent {
  "The host's name."
  name: String!
  "Why there is no event, or the first error in it. A stream that broke is opened again."
  error: String
  "The event."
  data: Subscription
}
]]

local FACTS = "{ health { version status } host { name kernel architecture onlineCpus uptime } }"
local OF_FACTS = { version = "health", status = "health", hostname = "host", kernel = "host",
  architecture = "host", onlineCpus = "host", uptime = "host" }
local OF_ANSWER = { up = true, error = true, latency = true }
local NAMES = { hostname = "name" }
local NESTED = "hosts: the data of a host can't select hosts"

local function refuse_nested(nodes, exec)
  for _, node in ipairs(nodes) do
    if forward.selects(node.selections, "hosts", exec.document.fragments) then error(NESTED, 0) end
  end
end

-- The requests that the selection of a host needs: { body, key }; the facts' one has no key.
local function wanted(info)
  local exec, list = info.execution, {}
  local groups = collect.fields(info.nodes, exec.schema.types.Peer, exec)
  local facts, answer = false, false
  for _, key in ipairs(groups) do
    local name = groups[key][1].name
    facts = facts or OF_FACTS[name] ~= nil
    answer = answer or OF_ANSWER[name] ~= nil
    if name == "data" then
      refuse_nested(groups[key], exec)
      list[#list + 1] = { key = key,
        body = ask.body(forward.document("query", groups[key], exec)) }
    end
  end
  if facts or answer and #list == 0 then list[#list + 1] = { body = ask.body(FACTS) } end
  return list
end

local function row_of(host, requests, answers)
  local row = { name = host.name, url = host.unix and "unix:" .. host.unix or host.url,
    labels = host.labels, up = #requests > 0, answers = {} }
  for j, answer in ipairs(answers) do
    local key = requests[j].key
    row.error = row.error or answer.error
    row.up = row.up and not answer.failed
    row.latency = math.max(row.latency or 0, answer.latency or 0)
    if key then row.answers[key] = answer
    else row.facts = answer.data and json.decode(answer.data) or {} end
  end
  if not row.up then row.latency = nil end
  return row
end

local function all_hosts(_, args, _, info)
  if not (args.timeout > 0 and args.timeout <= 3600) then
    error("timeout: more than 0, at most 3600 seconds", 0)
  end
  local list, requests, bodies = hosts.list(args.match), wanted(info), {}
  for j, request in ipairs(requests) do bodies[j] = request.body end
  local answers = #bodies > 0
    and ask.all(list, bodies, { seconds = args.timeout, settings = hosts.settings() }) or {}
  local rows = {}
  for i, host in ipairs(list) do rows[i] = row_of(host, requests, answers[i] or {}) end
  return rows
end

local function data(row, _, _, info)
  local answer = row.answers[info.key]
  if answer.data then return json.text(answer.data) end
  return nil, ("%s (%s)"):format(answer.error, row.name) -- in front, a name looks like a place
end

local function fact(name)
  return function(row)
    local of = row.facts and row.facts[OF_FACTS[name]]
    local value = type(of) == "table" and of[NAMES[name] or name] or nil
    if value == json.null or type(value) == "table" then return nil end
    return value
  end
end

-- An event of the topic as a row.
local function event_of(event)
  if event.data then
    local answer = ask.read(200, event.data)
    return { name = event.name, error = answer.error, text = answer.data }
  elseif event.answer then
    local answer = ask.read(200, event.answer)
    return { name = event.name, error = answer.error or "the host sends no events" }
  elseif event.error then
    return { name = event.name, error = event.error }
  end
end

local function subscribe(_, args, _, info)
  local exec = info.execution
  local groups = collect.fields(info.nodes, exec.schema.types.HostEvent, exec)
  local nodes
  for _, key in ipairs(groups) do
    if groups[key][1].name == "data" then
      if nodes then error("hosts: one data is streamed", 0) end
      nodes = groups[key]
    end
  end
  if not nodes then error("hosts: select data { … }, which is what is streamed", 0) end
  refuse_nested(nodes, exec)
  local body = ask.body(forward.document("subscription", nodes, exec))
  local topic = "hosts:" .. sha256(body .. "\0" .. (args.match or ""))
  local known = {}
  -- Hosts that come while somebody watches are asked, too: with the next event.
  local function open()
    local list = {}
    for _, host in ipairs(hosts.list(args.match)) do
      if not known[host.name] then list[#list + 1] = host end
      known[host.name] = true
    end
    if #list > 0 then ask.stream(topic, list, body, hosts.settings()) end
  end
  open()
  return { topic = topic, map = function(event)
    open()
    return event_of(event)
  end }
end

local resolvers = {
  labels = function(row) return next(row.labels) and row.labels or json.object({}, {}) end,
  data = { resolve = data, given = true },
}
for name in pairs(OF_FACTS) do resolvers[name] = fact(name) end

part.resolvers = {
  Query = {
    hosts = all_hosts,
    hostSources = function() return hosts.sources() end,
  },
  Peer = resolvers,
  Subscription = {
    hosts = { subscribe = subscribe, resolve = function(event) return event end },
  },
  HostEvent = {
    data = { resolve = function(row) return row.text and json.text(row.text) end, given = true },
  },
}

return part
