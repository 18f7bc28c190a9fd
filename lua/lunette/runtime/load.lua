-- lunette.load: BPF objects that the process holds. A script declares one; a server loads it once,
-- whatever its number of VMs, keeps it over reloads that leave it as it was, and lets go of it with
-- the script.

local bpf = require("bpf")
local core = require("lunette.core.server")
local json = require("lunette.runtime.json")
local kept = require("lunette.core.kept")
local log = require("lunette.runtime.log")
local registry = require("lunette.registry")

local load = {
  at_once = false, -- a declaration loads: in `lunette run` and at the prompt
}

local Held = {}
Held.__index = Held

local function part(held, kind, name, open)
  local id = kept.id(held.name, kind, name)
  if not id then return nil, ("the object '%s' is not loaded"):format(held.name) end
  if id == 0 then error(("the object '%s' has no %s '%s'"):format(held.name, kind, name), 3) end
  return open(id)
end

--- Opens a map of the object, in any VM.
---@param name string
---@return bpf.Map|nil map, string? err
function Held:map(name)
  local map, err = part(self, "map", name, bpf.map)
  return map, err
end

--- Opens a program of the object, in any VM.
---@param name string
---@return bpf.Prog|nil prog, string? err
function Held:prog(name)
  local prog, err = part(self, "prog", name, bpf.prog)
  return prog, err
end

-- What a setup function depends on: its code, and the values that it takes from around it.
local function code_of(fn, seen)
  if seen[fn] or debug.getinfo(fn, "S").what == "C" then return "" end
  seen[fn] = true
  local parts = { string.dump(fn, true) }
  for i = 1, 255 do
    local name, value = debug.getupvalue(fn, i)
    if not name then break end
    local kind = type(value)
    if kind == "function" then
      parts[#parts + 1] = code_of(value, seen)
    elseif kind == "table" then
      local ok, text = pcall(json.encode, value)
      parts[#parts + 1] = ok and text or ""
    elseif kind ~= "userdata" and kind ~= "thread" then
      parts[#parts + 1] = name .. "=" .. tostring(value)
    end
  end
  return table.concat(parts, "\0")
end

-- The same stamp, the same object: the file's bytes, the options and the setup.
local function stamp_of(item)
  local file <close> = assert(io.open(item.file, "rb"))
  local setup = item.setup and code_of(item.setup, {}) or ""
  return table.concat({ item.file, file:read("a"), json.encode(item.options), setup }, "\0")
end

local function attach(item, object)
  if item.setup then
    registry.loading(item.source.script, function() item.setup(object) end)
  elseif not item.options.alternatives then
    assert(object:attach())
  end
end

-- Loads it, unless it is held as it was declared.
local function hold(item)
  local stamp = stamp_of(item)
  if kept.has(item.name, stamp) then return end
  local object <close> = assert(bpf.load(item.file, item.options))
  attach(item, object)
  kept.put(object, item.name, stamp)
end

local function try(item, run)
  local ok, err = pcall(run, item)
  if ok then return true end
  return nil, ("lunette.load '%s' (%s): %s"):format(item.name, registry.where(item), err)
end

--- Makes the process hold what the scripts declare, and nothing else. An object that can't be
--- loaded is told in the log and by /healthz; the one before it stays until its script goes.
function load.all()
  kept.begin()
  for _, item in ipairs(registry.list("object")) do
    local ok, err = try(item, hold)
    if not ok then
      log.error("%s", err)
      core.error(item.source.script, err)
    end
  end
  kept.sweep()
end

--- Loads it for a try and lets go of it: whether the kernel takes it.
---@param item table
---@return true|nil ok, string? err
function load.check(item)
  return try(item, function()
    local object <close> = assert(bpf.load(item.file, item.options))
    return object
  end)
end

local function check_name(name, file)
  if type(name) ~= "string" or name == "" then error("load: the name must be a string", 4) end
  if type(file) ~= "string" then
    error(("load '%s': the file must be a path"):format(name), 4)
  end
  for _, other in ipairs(registry.list("object")) do
    if other.name == name then
      error(("load '%s': %s declares an object of that name already"):format(name,
        registry.where(other)), 4)
    end
  end
end

-- A function is short for { setup = fn }.
local function options_of(name, setup)
  if type(setup) == "function" then return {}, setup end
  if setup ~= nil and type(setup) ~= "table" then
    error(("load '%s': a function or a table of options is needed"):format(name), 4)
  end
  local options, fn = {}, nil
  for key, value in pairs(setup or {}) do
    if key == "setup" then fn = value else options[key] = value end
  end
  return options, fn
end

--- See lunette.load.
---@param name string
---@param file string
---@param setup? function|table
---@return table
function load.declare(name, file, setup)
  check_name(name, file)
  local options, fn = options_of(name, setup)
  local item = registry.declare("object", {
    name = name, file = require("lunette").path(file), options = options, setup = fn,
  })
  if load.at_once then
    local ok, err = try(item, hold)
    if not ok then error(err, 3) end
  end
  return setmetatable({ name = name }, Held)
end

return load
