-- Files that are opened, as bcc's opensnoop shows them.

local lunette = require("lunette")

return lunette.tool {
  name = "opensnoop", help = "Trace files that are opened.",
  object = "opensnoop.bpf.o",
  params = {
    { "failed", short = "x", type = "flag", help = "Print only what could not be opened." },
    { "pid", short = "p", set = "target_pid", help = "Trace this process only." },
    { "tid", short = "t", set = "target_tid", help = "Trace this thread only." },
    { "uid", short = "u", set = "target_uid", help = "Trace this user only." },
    { "name", short = "n", type = "text", set = false,
      help = "Print only processes whose name has this text in it." },
    { "flags", short = "e", type = "flag", set = false, help = "Print the flags, too." },
  },
  -- There is no open() where the kernel began with openat(), as on arm64.
  alternatives = {
    { "open_begins", "open_ended", "openat2_begins", "openat2_ended" },
    { "openat2_begins", "openat2_ended" },
    {},
  },
  events = "events",
  keep = function(values)
    return values.name and function(row) return row.comm:find(values.name, 1, true) ~= nil end
  end,
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 },
    { "FD", "fd", width = 3 }, { "ERR", "err", width = 3 },
    { "FLAGS", width = 8, value = function(row) return ("%08o"):format(row.flags) end,
      when = function(values) return values.flags end },
    { "PATH", "path" },
  },
  metrics = { { name = "opens_total", help = "Opens of files, by process name.",
    labels = { "comm" } } },
}
