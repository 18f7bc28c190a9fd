-- Files that are read and written most, as bcc's filetop shows them.

local files = require("lunette.tools.files")
local lunette = require("lunette")

local SORTS = { all = "bytes", reads = "reads", writes = "writes", rbytes = "rbytes",
  wbytes = "wbytes" }

local function kilobytes(field)
  return function(row) return row[field] // 1024 end
end

return lunette.tool {
  name = "filetop", help = "Show the files that are read and written most.",
  object = "files.bpf.o",
  params = {
    { "all_files", short = "a", type = "flag",
      help = "Count sockets, pipes and devices, too." },
    { "maxrows", short = "r", default = 20, least = 1, set = false, help = "Print N rows." },
    { "by", short = "s", type = "text", default = "all", set = false,
      choices = { "all", "reads", "writes", "rbytes", "wbytes" }, help = "Sort by this." },
    files.PID,
  },
  programs = files.PROGRAMS,
  set = function() return { counting = true } end,
  map = "counts", interval = 1, clears = true,
  row = function(row)
    row.letter, row.file = string.char(row.kind), row.name
    row.rbytes, row.wbytes = row.read_bytes, row.write_bytes
    row.bytes = row.read_bytes + row.write_bytes
    return row
  end,
  sort = function(values) return SORTS[values.by] end,
  top = function(values) return values.maxrows end,
  columns = {
    { "TID", "tid", width = 7 }, { "COMM", "comm", width = 16 },
    { "READS", "reads", align = "right" }, { "WRITES", "writes", align = "right" },
    { "R_Kb", name = "read_kb", value = kilobytes("read_bytes"), align = "right", numeric = true },
    { "W_Kb", name = "write_kb", value = kilobytes("write_bytes"), align = "right",
      numeric = true },
    { "T", "letter", width = 1 }, { "FILE", "file" },
  },
}
