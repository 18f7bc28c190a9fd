-- Where the hosts of a fleet are listed, in Prometheus' words:
--
--   dns:NAME:PORT        every address of a name
--   srv:NAME             the targets of a name's SRV records
--   file:PATH            a file of file_sd: [ { "targets": ["HOST:PORT"], "labels": { … } } ]
--   http(s)://HOST/PATH  the same from a server, as http_sd
--   HOST[:PORT], http(s)://HOST:PORT, unix:/PATH   a host, or several with commas
--
-- The label __scheme__ chooses https, instance the name; other labels in __ are left out.

local json = require("lunette.runtime.json")
local outgoing = require("lunette.core.outgoing")

local sources = {}

local PORT <const> = 8070
local MOST_BYTES <const> = 16 << 20 -- of a list
local MOST_HOSTS <const> = 10000
local SECONDS <const> = 5 -- that a server of a list has

--- Makes a host of an address; nil and the error when it is none.
---@param address string HOST, HOST:PORT, a URL without a path, or unix:/PATH
---@param labels table<string, string>|nil
---@return table|nil host, string? err
function sources.host(address, labels)
  labels = labels or {}
  local path = address:match("^unix:(/[^%c]*)$")
  if path then
    return { name = labels.instance or address, url = "http://localhost", unix = path,
      labels = labels }
  end
  local scheme, authority = address:match("^(https?)://([^/?#@%s%c]+)/*$")
  if not scheme then scheme, authority = labels.__scheme__ or "http", address end
  if authority:match("^[%x:]*:[%x:]*:[%x:.]*$") then authority = "[" .. authority .. "]" end
  local host, port = authority:match("^(%[[%x:.]+%]):?(%d*)$")
  if not host then host, port = authority:match("^([%w_.-]+):?(%d*)$") end
  if not host or (scheme ~= "http" and scheme ~= "https") or #authority > 300
    or port ~= "" and tonumber(port) > 65535 then
    return nil, ("'%s' is no address of a host, such as HOST:%d"):format(address:sub(1, 100), PORT)
  end
  local full = ("%s:%s"):format(host, port ~= "" and port or PORT)
  return { name = labels.instance or full, url = scheme .. "://" .. full, labels = labels }
end

local function public(labels)
  local kept = {}
  for name, value in pairs(labels) do
    if type(name) ~= "string" or type(value) ~= "string" then return nil end
    if name == "__scheme__" or name:sub(1, 2) ~= "__" then kept[name] = value end
  end
  return kept
end

local function add_group(hosts, group, at)
  local labels = type(group) == "table" and (group.labels or {})
  labels = type(labels) == "table" and public(labels)
  local targets = type(group) == "table" and group.targets
  if not labels or type(targets) ~= "table" then
    return ("group %d: { \"targets\": [\"HOST:PORT\"], \"labels\": { } } is needed"):format(at)
  end
  for _, target in ipairs(targets) do
    if type(target) ~= "string" then return ("group %d: a target is no text"):format(at) end
    local host, err = sources.host(target, labels)
    if not host then return ("group %d: %s"):format(at, err) end
    hosts[#hosts + 1] = host
    if #hosts > MOST_HOSTS then return ("more than %d hosts"):format(MOST_HOSTS) end
  end
end

--- The hosts in a text of file_sd and http_sd; nil and the error when it is none.
---@param text string
---@return table[]|nil hosts, string? err
function sources.parse(text)
  local groups, err = json.decode(text)
  if type(groups) ~= "table" or groups == json.null then
    return nil, ("no JSON list of targets%s"):format(err and " (" .. err .. ")" or "")
  end
  if #groups == 0 and next(groups) ~= nil then
    return nil, "no JSON list of targets, but an object"
  end
  local hosts = {}
  for at, group in ipairs(groups) do
    local wrong = add_group(hosts, group, at)
    if wrong then return nil, wrong end
  end
  for _, host in ipairs(hosts) do
    if host.labels.__scheme__ then
      local labels = {}
      for name, value in pairs(host.labels) do
        if name ~= "__scheme__" then labels[name] = value end
      end
      host.labels = labels
    end
  end
  return hosts
end

local function from_file(path)
  local file <close>, err = io.open(path, "rb")
  if not file then return nil, err end
  local text = file:read(MOST_BYTES + 1) or ""
  if #text > MOST_BYTES then return nil, ("more than %d MiB"):format(MOST_BYTES >> 20) end
  return sources.parse(text)
end

local function bracketed(address)
  return address:find(":", 1, true) and "[" .. address .. "]" or address
end

local function from_dns(name, port)
  local addresses, err = outgoing.addresses(name)
  if not addresses then return nil, err end
  local hosts = {}
  for i, address in ipairs(addresses) do
    hosts[i] = assert(sources.host(bracketed(address) .. ":" .. port))
  end
  return hosts
end

local function from_srv(name)
  local services, err = outgoing.services(name)
  if not services then return nil, err end
  local hosts = {}
  for _, service in ipairs(services) do
    local host = sources.host(("%s:%d"):format(service.target, service.port))
    if host then hosts[#hosts + 1] = host end
  end
  return hosts
end

local function from_server(url, opts)
  local request = { url = url }
  local batch <close> = outgoing.batch({ request }, { seconds = SECONDS, most = MOST_BYTES,
    together = MOST_BYTES, headers = { "Accept: application/json" }, ca = opts.ca,
    cert = opts.cert, key = opts.key, token = opts.token })
  local index, status, body
  repeat index, status, body = batch:next() until index ~= false
  if not index then return nil, "no answer in time" end
  if not status then return nil, body end
  if status ~= 200 then return nil, ("status %d"):format(status) end
  return sources.parse(body)
end

local function from_words(text)
  local hosts = {}
  for word in text:gmatch("[^,]+") do
    local host, err = sources.host(word)
    if not host then return nil, err end
    hosts[#hosts + 1] = host
  end
  return hosts
end

--- What a source is: its kind, a function that reads it, and how often that is worth it.
---@param text string
---@return { kind: string, every: number, read: fun(opts: table): table[]|nil, string? }|nil source
---@return string? err
function sources.of(text)
  local path = text:match("^file:(.+)$")
  if path then return { kind = "file", every = 1, read = function() return from_file(path) end } end
  local name, port = text:match("^dns:([%w_.-]+):(%d+)$")
  if name and tonumber(port) <= 65535 then
    return { kind = "dns", every = 10, read = function() return from_dns(name, port) end }
  end
  name = text:match("^srv:([%w_.-]+)$")
  if name then return { kind = "srv", every = 10, read = function() return from_srv(name) end } end
  if text:match("^dns:") or text:match("^srv:") then
    return nil, ("%s: dns:NAME:PORT or srv:NAME is needed"):format(text)
  end
  if text:match("^https?://[^/,]+/[^,]+$") then
    return { kind = "http", every = 30,
      read = function(opts) return from_server(text, opts) end }
  end
  local hosts, err = from_words(text)
  if not hosts then return nil, err end
  return { kind = "list", every = math.huge, read = function() return hosts end }
end

--- The hosts of several lists, each address once.
---@param lists table[][]
---@return table[] hosts
function sources.merged(lists)
  local hosts, seen, names = {}, {}, {}
  for _, list in ipairs(lists) do
    for _, host in ipairs(list) do
      local key = host.url .. (host.unix or "")
      if not seen[key] and #hosts < MOST_HOSTS then
        seen[key] = true
        if names[host.name] then -- a name is one host's
          host = { name = ("%s (%s)"):format(host.name, host.unix or host.url), url = host.url,
            unix = host.unix, labels = host.labels }
        end
        names[host.name] = true
        hosts[#hosts + 1] = host
      end
    end
  end
  return hosts
end

return sources
