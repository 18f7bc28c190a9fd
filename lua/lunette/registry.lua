-- What scripts (and Lunette itself) declare: decoders, rules, routes, pages, services.
-- One place, so that every declaration knows the file and line it came from.

local registry = {}

local lists = {}
local script -- the path of the script that is being loaded, nil for what is built in

--- The list of what was declared under a kind, in order of declaration.
---@param kind string
---@return table[]
function registry.list(kind)
  local list = lists[kind]
  if not list then
    list = {}
    lists[kind] = list
  end
  return list
end

-- Embedded, or read from disk with --root.
local function is_own(source)
  return source:match("^@lunette/") or source:match("^@.*/lua/lunette/")
end

-- Where a declaration was made: the first caller outside lunette's own API modules; or the
-- module that declares while it is being required, as what is built in does, and no script.
local function caller()
  local module
  for level = 3, 30 do
    local info = debug.getinfo(level, "Slf")
    if not info then break end
    if module and info.func == require then
      return module.source:gsub("^@", ""), module.currentline, nil
    end
    if info.what ~= "C" and not is_own(info.source) then
      return info.source:gsub("^@", ""), info.currentline, script
    end
    if info.what ~= "C" then module = info end
  end
  local info = module or debug.getinfo(3, "Sl")
  return info and info.source:gsub("^@", "") or "?", info and info.currentline or 0, script
end

--- The file of the code that calls Lunette: the first on the stack that is not Lunette's own. A
--- tail call or pcall() in between is passed over.
---@return string|nil path
function registry.caller_source()
  for level = 2, 50 do
    local info = debug.getinfo(level, "S")
    if not info then return nil end
    if info.source:sub(1, 1) == "@" and not is_own(info.source) then return info.source:sub(2) end
  end
  return nil
end

--- Notes a declaration; item.source says where it was made.
---@generic T
---@param kind string
---@param item T
---@return T item
function registry.declare(kind, item)
  local file, line, by = caller()
  item.source = { file = file, line = line, script = by }
  local list = registry.list(kind)
  list[#list + 1] = item
  return item
end

--- Where a declaration was made, for messages: "file:line".
---@param item table
---@return string
function registry.where(item)
  return ("%s:%d"):format(item.source.file, item.source.line)
end

--- Runs fn while declarations count as made by that script. Its errors pass as they are, for the
--- traceback.
---@param path string
---@param fn fun(): any
function registry.loading(path, fn)
  local before = script
  local _ <close> = setmetatable({}, { __close = function() script = before end })
  script = path
  return fn()
end

--- The script that is being loaded, or nil.
---@return string|nil
function registry.script() return script end

return registry
