-- lunette.http: routes and WebSockets, as scripts (and Lunette itself) declare them.
--
--   http.get("/hello/:name", function(req) return { json = { hello = req.params.name } } end)
--
-- lua/meta/http.lua is the reference of requests, responses and connections.

local registry = require("lunette.registry")

local http = {}

local function check_path(path, what)
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
    error(what .. ": a path begins with '/'", 3)
  end
end

-- A path as Lua pattern with the names of its captures, or nil for a plain path. ":name" is one
-- part, "*name" at the end the rest.
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

local function declare(method, path, fn, opts)
  check_path(path, "http." .. method:lower())
  if type(fn) ~= "function" then error(("http: '%s' needs a function"):format(path), 3) end
  opts = opts or {}
  local pattern, names = compile(path)
  return registry.declare("route", {
    method = method, path = path, run = fn, pattern = pattern, names = names,
    auth = opts.auth, write = opts.write, name = method .. " " .. path,
  })
end

--- Answers a method on a path. opts: auth = false answers without a token too; write = true
--- asks for the right to write.
---@param method string
---@param path string
---@param fn fun(req: lunette.Request): lunette.Response|nil, string?
---@param opts? { auth?: boolean, write?: boolean }
function http.route(method, path, fn, opts) return declare(method:upper(), path, fn, opts) end

function http.get(path, fn, opts) return declare("GET", path, fn, opts) end
function http.post(path, fn, opts) return declare("POST", path, fn, opts) end
function http.put(path, fn, opts) return declare("PUT", path, fn, opts) end
function http.delete(path, fn, opts) return declare("DELETE", path, fn, opts) end

--- Accepts WebSockets on a path. handlers: protocols, open(conn, req), message(conn, text),
--- event(conn, tag, payload), close(conn, code, reason); auth as for routes.
---@param path string
---@param handlers lunette.WebSocket
function http.websocket(path, handlers)
  check_path(path, "http.websocket")
  if type(handlers) ~= "table" then error("http.websocket: needs a table of functions", 2) end
  local pattern, names = compile(path)
  return registry.declare("websocket", {
    path = path, handlers = handlers, pattern = pattern, names = names, auth = handlers.auth,
    name = path,
  })
end

return http
