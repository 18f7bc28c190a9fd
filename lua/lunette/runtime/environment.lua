-- Globals of scripts. Each script, and each module beside it, has a table of globals of its own, so
-- that a forgotten `local` changes no other code of the VM. Standard names can't be assigned.

local environment = {}

local standard = {}
for name in pairs(_G) do standard[name] = true end

local ASSIGNED = "'%s' is a standard name, and a global of this name would break other code: "
  .. "write 'local %s'"

-- Chunks that a script loads get the script's globals.
local function add_loaders(env)
  function env.load(chunk, name, mode, ...)
    if select("#", ...) == 0 then return load(chunk, name, mode, env) end
    return load(chunk, name, mode, ...)
  end
  function env.loadfile(file, mode, ...)
    if select("#", ...) == 0 then return loadfile(file, mode, env) end
    return loadfile(file, mode, ...)
  end
  function env.dofile(file)
    local chunk, err = loadfile(file, nil, env)
    if not chunk then error(err, 2) end
    return chunk()
  end
end

-- print() and io.write() of scripts go to stderr when the command writes its result to stdout.
local function write_to_stderr(env)
  env.io = setmetatable({ write = function(...) return io.stderr:write(...) end }, { __index = io })
  function env.print(...)
    local texts = table.pack(...)
    for i = 1, texts.n do texts[i] = tostring(texts[i]) end
    io.stderr:write(table.concat(texts, "\t"), "\n")
  end
end

--- A new table of globals. Other names are looked up in Lua's own globals.
---@param to "stdout"|"stderr" where print() and io.write() write
---@param share table|nil gets what is assigned, too
---@return table
function environment.new(to, share)
  local env = {}
  env._G = env
  add_loaders(env)
  if to == "stderr" then write_to_stderr(env) end
  -- separate from env, because only missing keys reach __newindex; one table is faster
  local names = {}
  for name, value in pairs(_G) do names[name] = value end
  for name, value in pairs(env) do
    names[name] = value
    env[name] = nil
  end
  return setmetatable(env, {
    __index = setmetatable(names, { __index = _G }),
    __newindex = function(_, name, value)
      if standard[name] then error(ASSIGNED:format(name, name), 2) end
      rawset(env, name, value)
      if share then share[name] = value end
    end,
    __metatable = "the globals of a script",
  })
end

return environment
