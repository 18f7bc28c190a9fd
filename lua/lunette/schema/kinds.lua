-- The schema's words for the kinds of objects, and the modules' own.

local registry = require("lunette.registry")

local kinds = {}

--- From "prog" to "PROGRAM".
kinds.enum = { prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

--- From "PROGRAM" to "prog".
kinds.kind = { PROGRAM = "prog", MAP = "map", LINK = "link", BTF = "btf" }

--- From what topics say ("program") to "PROGRAM".
kinds.topic = { program = "PROGRAM", prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

--- Where a script declared something, as FILE:LINE; nil for what is built in.
---@param item table
---@return string|nil
function kinds.source(item)
  return item.source and item.source.script and registry.where(item) or nil
end

return kinds
