-- Programs that are run, as bcc's execsnoop shows them.

local lunette = require("lunette")

-- The arguments as they come: each with a NUL behind it. A word with spaces is quoted where asked.
local function arguments(row, values)
  local words = {}
  local text = row.args:find("\0$") and row.args or row.args .. "\0"
  for word in text:gmatch("([^\0]*)\0") do words[#words + 1] = word end
  local most = values.max_args
  if most and #words > most then
    words[most + 1] = "..."
    for i = #words, most + 2, -1 do words[i] = nil end
  end
  if not values.quote then return table.concat(words, " ") end
  for i, word in ipairs(words) do words[i] = ('"%s"'):format(word:gsub('[\\"]', "\\%0")) end
  return table.concat(words, " ")
end

local d = lunette.decode

return lunette.tool {
  name = "execsnoop", help = "Trace programs that are run, with their arguments.",
  object = "execsnoop.bpf.o",
  params = {
    { "failed", short = "x", type = "flag", help = "Trace failed attempts, too." },
    { "uid", short = "u", set = "target_uid", help = "Trace this user only." },
    { "name", short = "n", type = "text", set = false,
      help = "Print only programs whose name has this text in it." },
    { "line", short = "l", type = "text", set = false,
      help = "Print only programs whose arguments have this text in them." },
    { "quote", short = "q", type = "flag", set = false, help = "Put arguments in quotes." },
    { "max_args", default = 20, least = 1, set = false, help = "Print at most N arguments." },
  },
  programs = function(values)
    if not values.failed then return { "ran" } end
  end,
  events = "events",
  record = d.struct {
    d.u64():as("time"), d.u32():as("pid"), d.u32():as("ppid"), d.u32():as("uid"),
    d.i32():as("ret"), d.cstring(16):as("comm"), d.u32():as("size"),
    d.func(8192, function(bytes) return bytes end):as("args"),
  },
  row = function(record, values)
    record.args = arguments({ args = record.args:sub(1, record.size) }, values)
    return record
  end,
  columns = {
    { "PCOMM", "comm", width = 16 }, { "PID", "pid", width = 7 }, { "PPID", "ppid", width = 7 },
    { "RET", "ret", width = 3 }, { "ARGS", "args" },
  },
  metrics = { { name = "execs_total", help = "Programs that were run, by name.",
    labels = { "comm" } } },
}
