-- lunette.shared: a bounded store of plain data that all VMs of the process see; in C.
--
--   shared.get(key) -> value | nil
--   shared.set(key, value [, seconds]) -> true | nil, err
--   shared.add(key, value [, seconds]) -> true | false, "exists" | nil, err
--   shared.incr(key [, n [, init [, seconds]]]) -> integer | nil, err
--   shared.delete(key) -> existed
--   shared.keys([prefix]) -> string[]

return require("lunette.core.shared")
