-- Sends a GraphQL request to many hosts at once, under one deadline. A host that is dead, slow or
-- answers garbage is an error of its own.

local budget = require("lunette.core.budget")
local json = require("lunette.runtime.json")
local outgoing = require("lunette.core.outgoing")
local tokens = require("lunette.hosts.tokens")

local ask = {}

local MOST <const> = 16 << 20 -- bytes of one answer
local TOGETHER <const> = 128 << 20 -- bytes of all answers
local SPARE <const> = 0.25 -- seconds of a request's time that are left for its answer

local HEADERS = { "Content-Type: application/json", "Expect:" }

local function headers(accept)
  return table.move(HEADERS, 1, #HEADERS, 2, { "Accept: " .. accept })
end

--- The JSON of a request. `variables` is JSON text.
---@param query string
---@param variables string|nil
---@param operation string|nil
---@return string
function ask.body(query, variables, operation)
  return json.encode(json.object({ query = query, variables = variables and json.text(variables),
    operationName = operation }, { "query", "operationName", "variables" }))
end

local function requests_of(hosts, bodies, settings)
  local token_of, list = tokens.reader(settings), {}
  for _, host in ipairs(hosts) do
    for _, body in ipairs(bodies) do
      list[#list + 1] = { url = host.url .. "/graphql", unix = host.unix, body = body,
        token = token_of(host), name = host.name }
    end
  end
  return list
end

local function message_of(text)
  local value = json.decode(text)
  local err = type(value) == "table" and (value[1] or value)
  local message = type(err) == "table" and err.message
  return type(message) == "string" and message or "an error without a message"
end

--- What an answer holds: { data = JSON text | nil, error = message | nil }.
---@param status integer
---@param body string
---@return table answer
function ask.read(status, body)
  local members = json.members(body)
  local refusal = members and members.error
  if refusal then return { error = message_of(refusal) } end
  if not members or not (members.data or members.errors) then
    return { error = ("that is no answer of lunette serve (status %d)"):format(status) }
  end
  local data = members.data
  if data and data:sub(1, 1) ~= "{" then
    if data ~= "null" then
      return { error = "that is no answer of lunette serve: data is no object" }
    end
    data = nil
  end
  return { data = data, error = members.errors and message_of(members.errors)
    or not data and "the answer has no data" or nil }
end

--- Asks every host each of the bodies. answers[i][j] is host i's answer to body j: { data, error,
--- latency }; none is missing.
---@param hosts table[]
---@param bodies string[]
---@param opts { seconds: number, settings: table }
---@return table[][] answers
function ask.all(hosts, bodies, opts)
  local answers = {}
  for i = 1, #hosts do answers[i] = {} end
  local seconds = math.max(0.05, math.min(opts.seconds, budget.left() - SPARE))
  local settings = opts.settings
  local batch <close> = outgoing.batch(requests_of(hosts, bodies, settings), {
    seconds = seconds, most = MOST, together = TOGETHER, headers = headers("application/json"),
    ca = settings.ca, cert = settings.cert, key = settings.key,
  })
  while true do
    local index, status, body, took = batch:next()
    if index == nil then break end
    if index then
      local answer = status and ask.read(status, body) or { error = body, failed = true }
      answer.latency = took
      answers[(index - 1) // #bodies + 1][(index - 1) % #bodies + 1] = answer
    end
  end
  local late = ("no answer within %.3g seconds"):format(seconds)
  for _, of_host in ipairs(answers) do
    for j = 1, #bodies do
      local answer = of_host[j] or { error = "no answer in time", failed = true }
      if answer.error == "no answer in time" then answer.error = late end
      of_host[j] = answer
    end
  end
  return answers
end

--- Opens a subscription on every host: their events come on the topic as { name, data | error |
--- answer | complete }.
---@param topic string
---@param hosts table[]
---@param body string
---@param settings table
function ask.stream(topic, hosts, body, settings)
  return outgoing.stream(topic, { most = MOST, headers = headers("text/event-stream"),
    ca = settings.ca, cert = settings.cert, key = settings.key },
    requests_of(hosts, { body }, settings))
end

return ask
