-- lunette.http: declares routes and WebSockets, for scripts and for Lunette itself.
--
--   http.get("/hello/:name", function(req) return { json = { hello = req.params.name } } end)
--
-- lua/meta/http.lua documents requests, responses and connections.

local registry = require("lunette.registry")
local strict = require("lunette.runtime.strict")

local http = {}

local function check_path(path, what, level)
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
    error(what .. ": a path begins with '/'", level + 1)
  end
end

-- Compiles a path to a Lua pattern and the names of its captures; nil for a plain path. ":name" is
-- one part of the path, "*name" at the end the rest.
local function compile(path)
  if not path:find("[:*]") then return nil end
  local names = {}
  local pattern = path:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
    :gsub("([:*])([%a_][%w_]*)", function(kind, name)
      names[#names + 1] = name
      return kind == ":" and "([^/]+)" or "(.+)"
    end)
  return "^" .. pattern .. "$", names
end

local OPTIONS = strict.set "auth write"
local HANDLERS = strict.set "protocols open message event close auth"

local function declare(method, path, fn, opts)
  local what = "http." .. method:lower()
  check_path(path, what, 3)
  if type(fn) ~= "function" then error(("%s '%s': needs a function"):format(what, path), 3) end
  opts = opts or {}
  strict.options(what, opts, OPTIONS, 3)
  local pattern, names = compile(path)
  return registry.declare("route", {
    method = method, path = path, run = fn, pattern = pattern, names = names,
    auth = opts.auth, write = opts.write, name = method .. " " .. path,
  })
end

--- Declares a route. opts: auth = false answers requests without a token; write = true requires the
--- right to write.
---@param method string
---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|nil, string?
---@param opts? { auth?: boolean, write?: boolean }
function http.route(method, path, fn, opts)
  local item = declare(method:upper(), path, fn, opts)
  return item -- not a tail call, so that error levels count from the caller
end

for _, method in ipairs { "GET", "POST", "PUT", "DELETE" } do
  http[method:lower()] = function(path, fn, opts)
    local item = declare(method, path, fn, opts)
    return item
  end
end

--- Declares a WebSocket. handlers: protocols, open(conn, req), message(conn, text), event(conn,
--- tag, payload), close(conn, code, reason); auth as for routes.
---@param path string
---@param handlers lunette.WebSocket
function http.websocket(path, handlers)
  check_path(path, "http.websocket", 2)
  if type(handlers) ~= "table" then error("http.websocket: needs a table of functions", 2) end
  strict.options("http.websocket", handlers, HANDLERS, 2)
  local pattern, names = compile(path)
  return registry.declare("websocket", {
    path = path, handlers = handlers, pattern = pattern, names = names, auth = handlers.auth,
    name = path,
  })
end

return strict.module(http, "lunette.http")
