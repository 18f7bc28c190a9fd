-- Names of the kinds of objects: the schema's and the Lua modules'.

local registry = require("lunette.registry")

local kinds = {}

--- From "prog" to "PROGRAM".
kinds.enum = { prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

--- From "PROGRAM" to "prog".
kinds.kind = { PROGRAM = "prog", MAP = "map", LINK = "link", BTF = "btf" }

--- From the word in topics ("program") to "PROGRAM".
kinds.topic = { program = "PROGRAM", prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

-- Where Lunette's own modules lie: embedded, or below --root.
local HOME = debug.getinfo(1, "S").source:match("^@(.*)schema/kinds%.lua$")

--- True when Lunette itself declared the item, even if it did so while a script was loading.
---@param item table
---@return boolean
function kinds.built_in(item)
  local file = item.source and item.source.file or ""
  return HOME ~= nil and file:sub(1, #HOME) == HOME
end

--- The place of a script's declaration as FILE:LINE; nil for built-in ones.
---@param item table
---@return string|nil
function kinds.source(item)
  if not item.source or kinds.built_in(item) then return nil end
  return registry.where(item)
end

return kinds
