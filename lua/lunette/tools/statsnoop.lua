-- Calls that ask what a file is, as bcc's statsnoop shows them.

local lunette = require("lunette")

local NEW = { "statfs_begins", "statfs_ended", "statx_begins", "statx_ended", "newfstatat_begins",
  "newfstatat_ended" }
local OLD = { "newstat_begins", "newstat_ended", "newlstat_begins", "newlstat_ended" }

return lunette.tool {
  name = "statsnoop", help = "Trace stat calls.",
  object = "statsnoop.bpf.o",
  params = {
    { "failed", short = "x", type = "flag", help = "Print only what failed." },
    { "pid", short = "p", set = "target_pid", help = "Trace this process only." },
  },
  -- arm64 has no stat() and lstat().
  alternatives = { table.move(NEW, 1, #NEW, #OLD + 1, OLD), NEW },
  events = "events",
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 }, { "RET", "ret", width = 3 },
    { "PATH", "path" },
  },
}
