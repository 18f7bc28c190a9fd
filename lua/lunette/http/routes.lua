-- Finds the route of a path: plain paths by a table, patterns in order of declaration.

local registry = require("lunette.registry")

local routes = {}

local function index_of(kind)
  local index = { plain = {}, patterns = {} }
  for _, route in ipairs(registry.list(kind)) do
    if route.pattern then
      table.insert(index.patterns, route)
    else
      local list = index.plain[route.path] or {}
      index.plain[route.path] = list
      list[#list + 1] = route
    end
  end
  return index
end

local indexes = {}

local function index(kind)
  indexes[kind] = indexes[kind] or index_of(kind)
  return indexes[kind]
end

local function params_of(route, captures)
  local params = {}
  for i, name in ipairs(route.names) do params[name] = captures[i] end
  return params
end

-- Iterates over the routes that match the path, with the captures of patterns.
local function each(kind, path)
  local found = {}
  for _, route in ipairs(index(kind).plain[path] or {}) do
    found[#found + 1] = { route = route, params = {} }
  end
  for _, route in ipairs(index(kind).patterns) do
    local captures = { path:match(route.pattern) }
    if captures[1] then
      found[#found + 1] = { route = route, params = params_of(route, captures) }
    end
  end
  return found
end

--- The route of a request and its path parameters; else nil and the methods that the path has.
---@param method string
---@param path string
---@return table|nil route, table params_or_methods
function routes.find(method, path)
  local methods = {}
  for _, one in ipairs(each("route", path)) do
    if one.route.method == method then return one.route, one.params end
    methods[#methods + 1] = one.route.method
  end
  if method == "HEAD" then return routes.find("GET", path) end
  return nil, methods
end

--- The WebSocket declared for a path.
---@param path string
---@return table|nil route, table? params
function routes.websocket(path)
  local one = each("websocket", path)[1]
  if one then return one.route, one.params end
  return nil
end

return routes
