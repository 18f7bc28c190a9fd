-- Runs in the pool's VMs: loads the scripts, answers requests, runs services. C calls load,
-- request, services and service.

local audit = require("lunette.runtime.audit")
local errors = require("lunette.runtime.errors")
local log = require("lunette.runtime.log")
local registry = require("lunette.registry")
local response = require("lunette.http.response")
local routes = require("lunette.http.routes")
local scripts = require("lunette.runtime.scripts")
local session = require("lunette.http.session")

local worker = {}

-- All VMs share one process: a script must not end it.
local function no_exit() error("os.exit: a script can't end the server", 2) end

local LOADER = "%s*%[C%]: in function 'xpcall'%s*lunette/http/worker%.lua:.*$"

-- The error with the script's part of the traceback only. The third argument is the first frame: a
-- VM calls handlers through a function of its own.
local function on_error(err) return (errors.trace(err, 3):gsub(LOADER, "")) end

-- An error with a complete message: no traceback is added.
local Failure = { __tostring = function(failure) return failure.message end }

local function fail(message) error(setmetatable({ message = message }, Failure), 0) end

local function load_script(file)
  local chunk, err = scripts.chunk(file)
  if not chunk then fail(err) end
  local ok, message = registry.loading(file, function() return xpcall(chunk, on_error) end)
  if not ok then fail(message) end
end

--- Declares the built-in parts, then loads the scripts. Raises when one fails.
---@param options { scripts: string[], etm: string[] }
---@param answers boolean whether this VM answers requests: one of a service needs no schema
function worker.load(options, answers)
  scripts.serving = options.scripts
  os.exit = no_exit -- luacheck: ignore 122
  require("lunette.http.builtin")
  for _, rule in ipairs(options.etm) do
    local ok, err = require("lunette.metrics").etm(rule)
    if not ok then fail(("--etm %s: %s"):format(rule, err)) end
  end
  for _, path in ipairs(options.scripts) do
    local files, err = scripts.files(path)
    if not files then fail(err) end
    for _, file in ipairs(files) do load_script(file) end
  end
  if answers then require("lunette.http.graphql").schema() end
  scripts.watch_own()
end

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function read_query(text)
  local first, all = {}, {}
  for pair in (text or ""):gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = decode(name), decode(value)
    first[name] = first[name] or value
    all[name] = all[name] or {}
    table.insert(all[name], value)
  end
  return first, all
end

-- The query string is parsed when it is first read.
local Request = {}
function Request.__index(req, field)
  if field ~= "query" and field ~= "query_all" then return nil end
  local first, all = read_query(rawget(req, "query_string"))
  rawset(req, "query", first)
  rawset(req, "query_all", all)
  return rawget(req, field)
end

local CHALLENGE = { ["www-authenticate"] = "Bearer" }

-- The right that a route requires and the request lacks: status, message.
local function lacks(route, req)
  if route.auth ~= false and not req.authorized then return 401, "a token is needed" end
  if not route.write then return nil end
  audit.write(req, req.method .. " " .. req.path, nil, req.can_write and "runs" or "refused")
  if not req.can_write then return 403, "writing needs --allow-write and the token" end
  return nil
end

local function run(route, req)
  local ok, result, message = xpcall(route.run, on_error, req)
  if ok and result ~= nil then return result end
  local err = ok and (message or "the handler returned nothing") or result
  log.error("%s (%s): %s", route.name, registry.where(route), errors.text(err))
  return nil, errors.short(errors.text(err))
end

local function answer(route, req)
  local status, why = lacks(route, req)
  if status then return response.failure(status, why, status == 401 and CHALLENGE or nil) end
  local result, err = run(route, req)
  if not result then return response.failure(500, err) end
  local made = table.pack(pcall(response.normal, result))
  if not made[1] then
    log.error("%s (%s): %s", route.name, registry.where(route), errors.text(made[2]))
    return response.failure(500, errors.short(errors.text(made[2])))
  end
  local code, lines, kind, payload, pull = table.unpack(made, 2, 6)
  if kind ~= "events" then return code, lines, kind, payload, pull end
  if req.method == "HEAD" then
    return code, lines .. "content-type: text/event-stream\r\n", "body", ""
  end
  return code, lines, kind, session.events(req, payload)
end

local function unrouted(req, methods)
  if #methods == 0 then
    local status, headers, _, body = response.failure(404, "there is nothing at " .. req.path)
    return status, headers, "none", body
  end
  for _, method in ipairs(methods) do
    if method == "GET" then methods[#methods + 1] = "HEAD" break end
  end
  table.sort(methods)
  local allow = { allow = table.concat(methods, ", ") .. ", OPTIONS" }
  if req.method == "OPTIONS" then return 204, "allow: " .. allow.allow .. "\r\n", "body", "" end
  return response.failure(405, ("%s does not take %s"):format(req.path, req.method), allow)
end

-- The subprotocol: the client's first one that the route supports; false when there is none.
local function choose(protocols, offered)
  if not protocols or #protocols == 0 then return nil end
  for name in (offered or ""):gmatch("[^,%s]+") do
    for _, known in ipairs(protocols) do
      if name == known then return known end
    end
  end
  return false
end

local function accept(req)
  local route, params = routes.websocket(req.path)
  if not route then return response.failure(404, "no WebSocket at " .. req.path) end
  local status, why = lacks(route, req)
  if status then return response.failure(status, why, CHALLENGE) end
  local protocol = choose(route.handlers.protocols, req.headers["sec-websocket-protocol"])
  if protocol == false then
    return response.failure(400, "subprotocol: one of "
      .. table.concat(route.handlers.protocols, ", "))
  end
  req.params = params
  return 101, "", "websocket", session.new(req, route.handlers, protocol)
end

--- Answers a request.
---@param req table as C makes it
---@return integer status, string headers, string kind, any payload
function worker.request(req)
  setmetatable(req, Request)
  if req.websocket then return accept(req) end
  local route, found = routes.find(req.method, req.path)
  if not route then return unrouted(req, found) end
  req.params = found
  return answer(route, req)
end

local function service_named(name)
  for _, service in ipairs(registry.list("service")) do
    if service.name == name then return service end
  end
  return nil
end

--- All services, with the scripts that declare them.
---@return { name: string, script: string }[]
function worker.services()
  require("lunette.runtime.load").all()
  local list, seen = {}, {}
  for _, service in ipairs(registry.list("service")) do
    if not seen[service.name] then
      list[#list + 1] = { name = service.name, script = service.source.script or "?" }
    end
    seen[service.name] = true
  end
  return list
end

--- Runs a service until it ends.
---@param name string
---@param svc table
function worker.service(name, svc)
  local service = service_named(name)
  registry.loading(service.source.script, function() service.run(svc) end)
end

return worker
