-- The registry of declarations by scripts and by Lunette itself: decoders, rules, routes, pages,
-- services. It records the file and line of every declaration.

local registry = {}

local lists = {}
local script -- the path of the script that is being loaded; nil for built-in declarations

--- The list of declarations of a kind, in order.
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

-- True for Lunette's own files, embedded or read by --root.
local function is_own(source)
  return source:match("^@lunette/") or source:match("^@.*/lua/lunette/")
end

-- The place of a declaration: the first caller outside Lunette's API modules. For built-in
-- declarations, which no script makes, the module that is being loaded.
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

--- The file of the calling script: the first one on the stack that is not Lunette's own. Tail calls
--- and pcall() in between are passed over.
---@return string|nil path
function registry.caller_source()
  for level = 2, 50 do
    local info = debug.getinfo(level, "S")
    if not info then return nil end
    if info.source:sub(1, 1) == "@" and not is_own(info.source) then return info.source:sub(2) end
  end
  return nil
end

--- Adds a declaration; item.source is the place where it was made.
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

--- The place of a declaration for messages: "file:line".
---@param item table
---@return string
function registry.where(item)
  return ("%s:%d"):format(item.source.file, item.source.line)
end

--- Runs fn and attributes its declarations to that script. Errors pass unchanged, for the
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
