-- Programs of one object file, each loaded and attached alone, so that a kernel that refuses one
-- can have the others.

local bpf = require("bpf")

local kinds = {}

local held = {} -- [name] = { object, prog } or { reason }

--- Loads and attaches a program; where = false only loads it.
---@param path string the object file
---@param name string
---@param opts? { where?: table|false, targets?: table }
---@return integer|nil id, string? reason
function kinds.attach(path, name, opts)
  opts = opts or {}
  local object, err = bpf.load(path, { programs = { name }, targets = opts.targets })
  if not object then
    held[name] = { reason = "not loaded: " .. err:gsub("%s*\n.*", "") }
    return nil, err
  end
  held[name] = { object = object, prog = object:progs()[1].id }
  for _, prog in ipairs(object:progs()) do
    if prog.name == name:sub(1, 15) then held[name].prog = prog.id end
  end
  if opts.where == false then return held[name].prog end
  local done, why = object:attach(name, opts.where)
  if done then return held[name].prog end
  object:close()
  held[name] = { reason = "not attached: " .. why:gsub("%s*\n.*", "") }
  return nil, why
end

--- The id of an attached program.
---@param name string
---@return integer|nil
function kinds.prog(name) return held[name] and held[name].prog end

--- The reason why a program is not attached.
---@param name string
---@return string
function kinds.reason(name)
  local known = held[name]
  return ("this kernel refuses %s: %s"):format(name,
    known and known.reason or "its object is not loaded")
end

--- True when a program is one of these.
---@param id integer
---@return boolean
function kinds.is_ours(id)
  for _, one in pairs(held) do
    if one.prog == id then return true end
  end
  return false
end

--- The number of attached programs.
---@return integer
function kinds.count()
  local n = 0
  for _, one in pairs(held) do n = n + (one.prog and 1 or 0) end
  return n
end

--- The object of a program.
---@param name string
---@return bpf.Object|nil
function kinds.object(name) return held[name] and held[name].object end

--- Detaches and frees all of them.
function kinds.close()
  for _, one in pairs(held) do
    if one.object then one.object:close() end
  end
  held = {}
end

return kinds
