---@meta hosts
-- Other hosts that run `lunette serve`: the part lunette.hosts of scripts, and the C module below
-- it. A test holds both against the code.

---The hosts of `lunette serve --peers`.
---@class lunette.hosts
local hosts = {}

---@class lunette.Host
---@field name string HOST:PORT, or the label instance
---@field url string
---@field unix? string the path of a Unix socket
---@field labels table<string, string>

---The hosts that match a name or glob ("web*"), labels ("env=prod"), or several with commas.
---@param match? string nil: all
---@return lunette.Host[]
function hosts.list(match) end

---The lists of hosts, with the number of hosts and the error of each.
---@return { source: string, hosts: integer, error?: string }[]
function hosts.sources() end

---The hosts as Prometheus' http_sd gives them: what /sd answers.
---@return { targets: string[], labels: table<string, string> }[]
function hosts.targets() end

---How requests are made: paths of the files of tokens and certificates.
---@return { tokens?: string, token?: string, ca?: string, cert?: string, key?: string }
function hosts.settings() end

---@class lunette.HostRow
---@field host string
---@field up boolean it answered
---@field error? string why not, or the first error in its answer
---@field latency? number seconds
---@field data? table the decoded answer

---Asks every host that matches a GraphQL query, at once, under one deadline (5 seconds), which is
---never beyond that of the request around it. A row a host, in the list's order.
---@param query string
---@param opts? { match?: string, variables?: table, operation?: string, seconds?: number }
---@return lunette.HostRow[]
function hosts.ask(query, opts) end

---require("lunette.core.outgoing"): requests to other hosts, all in one thread of the process.
---@class outgoing
local outgoing = {}

---@class outgoing.Request
---@field url string http: or https:
---@field unix? string the path of a Unix socket
---@field body? string makes it a POST
---@field token? string
---@field name? string of a stream

---@class outgoing.Options
---@field seconds number the deadline of a batch
---@field most integer bytes of one answer, or of one event
---@field together integer bytes of all answers of a batch
---@field headers? string[] "Name: value"
---@field ca? string a file of authorities
---@field cert? string a file with the client's certificate
---@field key? string a file with its private key

---Starts the requests. The options may have any field of a request, for those that lack it.
---@param requests outgoing.Request[]
---@param opts outgoing.Options
---@return Batch
function outgoing.batch(requests, opts) end

---Opens streams of server-sent events, which are published on a topic as { name, data }, and their
---ends as { name, error }, { name, answer } (what is no stream of events) or { name, complete }. A
---stream that breaks is opened again; all end a few seconds after the topic's last subscriber. A
---stream of that name which the topic has already is left as it is.
---@param topic string
---@param opts outgoing.Options
---@param requests outgoing.Request[]
---@return integer opened
function outgoing.stream(topic, opts, requests) end

---The addresses of a name. It blocks as long as the resolver does.
---@param name string
---@return string[]|nil addresses, string? err, integer? errno
function outgoing.addresses(name) end

---The SRV records of a name. It blocks as long as the resolver does.
---@param name string
---@return { target: string, port: integer }[]|nil services, string? err, integer? errno
function outgoing.services(name) end

---@class Batch
local Batch = {}

---Waits a moment for a finished request: its index, and its status, body and seconds, or nil, the
---error and seconds. false alone: ask again. nil alone: none is left, or the deadline has passed.
---@return integer|false|nil index, integer|nil status, string? body_or_err, number? seconds
function Batch:next() end

function Batch:close() end

return { hosts = hosts, outgoing = outgoing, Batch = Batch }
