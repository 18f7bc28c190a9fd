-- The time that functions take, as bcc's funclatency shows it.

local functions = require("lunette.tools.functions")
local lunette = require("lunette")

local KINDS = { "enters", "leaves" }

return lunette.tool {
  name = "funclatency", help = "Show how long functions take, as histograms.",
  object = "functions.bpf.o",
  params = {
    functions.PATTERN,
    { "pid", short = "p", set = "target_pid", help = "Time calls of this process only." },
    { "microseconds", short = "u", type = "flag", help = "Count in microseconds." },
    { "milliseconds", short = "m", type = "flag", help = "Count in milliseconds." },
    { "function", short = "F", type = "flag", set = "by_function",
      help = "A histogram a function." },
    { "process", short = "P", type = "flag", set = "by_process", help = "A histogram a process." },
  },
  programs = function(values) return (functions.programs(values.pattern, KINDS)) end,
  attach = function(object, values)
    if values.pattern:find("^t:") then return nil, "a tracepoint takes no time: name a function" end
    local list, err = functions.find(values.pattern)
    if not list then return nil, err end
    values.found = list
    local _
    _, values.multi = functions.programs(values.pattern, KINDS)
    local ok, why = functions.attach(object, list, "enters", values)
    if not ok then return nil, why end
    return functions.attach(object, list, "leaves", values)
  end,
  map = "histograms", view = "histogram",
  unit = function(values)
    return values.milliseconds and "ms" or values.microseconds and "us" or "ns"
  end,
  row = function(row, values)
    if values.process then row.label = ("%s %d"):format(row.comm, row.id)
    elseif values["function"] then row.label = (values.found[row.id] or {}).name end
    return row
  end,
  needs = "kprobes for functions of the kernel, and Linux 5.15 for cookies",
}
