-- Calls of functions counted, as bcc's funccount shows them.

local functions = require("lunette.tools.functions")
local lunette = require("lunette")

return lunette.tool {
  name = "funccount", help = "Count calls of functions: of the kernel, of files, tracepoints.",
  object = "functions.bpf.o",
  params = {
    functions.PATTERN,
    { "pid", short = "p", set = "target_pid", help = "Count calls of this process only." },
  },
  programs = function(values) return (functions.programs(values.pattern, { "counts" })) end,
  attach = function(object, values)
    local list, err = functions.find(values.pattern)
    if not list then return nil, err end
    values.found = list
    local _
    _, values.multi = functions.programs(values.pattern, { "counts" })
    return functions.attach(object, list, "counts", values)
  end,
  map = "counts",
  row = function(row, values)
    local found = values.found[row.key]
    row.name, row.count = found and found.name, row.value
    return row
  end,
  sort = "count",
  columns = { { "FUNC", "name", name = "function" }, { "COUNT", "count", align = "right" } },
  needs = "kprobes for functions of the kernel, and Linux 5.15 for cookies",
}
