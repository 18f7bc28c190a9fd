-- lunette.shared: a bounded store of plain data that all VMs of the process see; in C.
--
--   shared.set(key, value [, seconds]) -> true | nil, err     shared.get(key) -> value | nil
--   shared.add(key [, n [, seconds]]) -> integer | nil, err   shared.delete(key) -> existed
--   shared.keys([prefix]) -> string[]

return require("lunette.core.shared")
