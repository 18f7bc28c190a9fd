-- The schema's words for the kinds of objects, and the modules' own.

local kinds = {}

--- From "prog" to "PROGRAM".
kinds.enum = { prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

--- From "PROGRAM" to "prog".
kinds.kind = { PROGRAM = "prog", MAP = "map", LINK = "link", BTF = "btf" }

--- From what topics say ("program") to "PROGRAM".
kinds.topic = { program = "PROGRAM", prog = "PROGRAM", map = "MAP", link = "LINK", btf = "BTF" }

return kinds
