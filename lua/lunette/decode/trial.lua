-- Tries a decoder: runs its source like a script, but its declarations apply to one read of one map
-- only. Used by the decoder editor.

local registry = require("lunette.registry")

local trial = {}

-- Other declarations of the source (rules, routes, pages) are ignored.
local function nothing() end

local function inert(module)
  return setmetatable({
    map = nothing, collect = nothing, extend = nothing, get = nothing, post = nothing,
    put = nothing, delete = nothing, route = nothing, websocket = nothing, page = nothing,
    panel = nothing,
  }, { __index = module })
end

local function stand_in(lunette, declare)
  local parts = {
    decoder = declare,
    decode = setmetatable({ declare = declare }, { __index = lunette.decode }),
    service = nothing,
  }
  return setmetatable(parts, { __index = function(self, name)
    local part = lunette[name]
    if name == "metrics" or name == "graphql" or name == "http" or name == "ui" then
      part = inert(part)
    end
    rawset(self, name, part)
    return part
  end })
end

-- The line of the source that an error message names.
local function line_of(message)
  return math.tointeger(tonumber(message:match("^decoder:(%d+):")))
end

local function failed(message)
  local line = line_of(message)
  return nil, { message = (message:gsub("^decoder:%d+: ", "")), line = line }
end

--- The decoders that a source declares, as given to lunette.decoder.
---@param source string Lua
---@return table[]|nil specs, { message: string, line?: integer }|nil error
function trial.specs(source)
  local lunette = require("lunette")
  local specs = {}
  local function declare(spec)
    require("lunette.decode").check(spec, 2)
    specs[#specs + 1] = spec
    spec.source = { file = "decoder", line = debug.getinfo(2, "l").currentline }
    return spec
  end
  local fake = stand_in(lunette, declare)
  local env = setmetatable({
    lunette = fake,
    require = function(name) return name == "lunette" and fake or require(name) end,
  }, { __index = _G })
  local chunk, err = load(source, "=decoder", "t", env)
  if not chunk then return failed(err) end
  local ok, message = pcall(registry.loading, "decoder", chunk)
  if not ok then return failed(tostring(message)) end
  if #specs == 0 then return failed("the source declares no decoder (lunette.decoder { … })") end
  return specs
end

return trial
