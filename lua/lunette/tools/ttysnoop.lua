-- What processes write to terminals, as bcc's ttysnoop shows it; control characters as \x1b.

local lunette = require("lunette")

local d = lunette.decode

-- "pts/2", "tty1": with or without /dev/ in front.
local function tty_of(row) return row.pts ~= 0 and "pts/" .. row.name or row.name end

local MOST <const> = 4096

return lunette.tool {
  name = "ttysnoop", help = "Trace what processes write to terminals.",
  object = "ttysnoop.bpf.o",
  params = {
    { "tty", type = "text", set = false, argname = "TTY",
      help = "Trace this terminal only: pts/2 or /dev/pts/2." },
    { "pid", short = "p", set = "target_pid", help = "Trace this process only." },
  },
  events = "events",
  record = d.struct {
    d.u64():as("time"), d.u32():as("pid"), d.u32():as("size"), d.cstring(16):as("comm"),
    d.cstring(16):as("name"), d.u8():as("pts"), d.skip(7),
    d.func(MOST, function(bytes) return bytes end):as("data"),
  },
  keep = function(values)
    local wanted = values.tty and values.tty:gsub("^/dev/", "")
    return wanted and function(row) return tty_of(row) == wanted end
  end,
  row = function(row)
    row.tty, row.cut = tty_of(row), math.max(0, row.size - MOST)
    row.data = row.data:sub(1, row.size)
    return row
  end,
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 16 }, { "TTY", "tty", width = 8 },
    { "SIZE", "size", width = 5, align = "right" }, { "DATA", "data" },
  },
}
