-- What the tools of files share: which programs of files.bpf.c they load, and parameters.

local files = {}

local READS = { "read", "pread64", "readv", "preadv", "preadv2" }
local WRITES = { "write", "pwrite64", "writev", "pwritev", "pwritev2" }

local function add(list, names)
  for _, name in ipairs(names) do
    list[#list + 1] = name .. "_begins"
    list[#list + 1] = name .. "_ended"
  end
end

--- Of reads and writes.
files.PROGRAMS = {}
add(files.PROGRAMS, READS)
add(files.PROGRAMS, WRITES)

--- Of opens and syncs, too.
files.ALL = table.move(files.PROGRAMS, 1, #files.PROGRAMS, 1, {})
add(files.ALL, { "openat", "openat2", "fsync", "fdatasync" })

files.PID = { "pid", short = "p", set = "target_pid", help = "Trace this process only." }
files.LEAST = { "min", short = "m", type = "number", default = 10, least = 0, set = false,
  argname = "MS", help = "Print only what took MS or more." }

local LETTERS = { [0] = "R", "W", "O", "F" }

--- R, W, O or F: a read, a write, an open, a sync.
function files.kind(row) return LETTERS[row.kind] end

--- Milliseconds, of which three digits behind the point count.
function files.latency(row) return row.latency // 1000 / 1000 end

return files
