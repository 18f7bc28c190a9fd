-- The schema's words for the kinds of objects, and the modules' own.

local registry = require("lunette.registry")

local kinds = {}

--- From "prog" to "PROGRAM".
kinds.enum = { prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

--- From "PROGRAM" to "prog".
kinds.kind = { PROGRAM = "prog", MAP = "map", LINK = "link", BTF = "btf" }

--- From what topics say ("program") to "PROGRAM".
kinds.topic = { program = "PROGRAM", prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

-- Where Lunette's own modules are: embedded, or below --root.
local HOME = debug.getinfo(1, "S").source:match("^@(.*)schema/kinds%.lua$")

--- Is it declared by Lunette itself, though maybe while a script was loaded?
---@param item table
---@return boolean
function kinds.built_in(item)
  local file = item.source and item.source.file or ""
  return HOME ~= nil and file:sub(1, #HOME) == HOME
end

--- Where a script declared something, as FILE:LINE; nil for what is built in.
---@param item table
---@return string|nil
function kinds.source(item)
  if not item.source or kinds.built_in(item) then return nil end
  return registry.where(item)
end

return kinds
