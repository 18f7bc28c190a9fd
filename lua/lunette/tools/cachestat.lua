-- Hits and misses of the page cache, as bcc's cachestat shows them.

local bpf = require("bpf")
local lunette = require("lunette")

local FUNCTIONS = { "folio_mark_accessed", "mark_page_accessed", "mark_buffer_dirty",
  "filemap_add_folio", "add_to_page_cache_lru", "folio_account_dirtied", "account_page_dirtied" }

-- Those that this kernel has. The one with folios calls the one that it replaced, or is called by
-- it: only one of the two counts.
local function programs()
  local list, there = {}, {}
  for _, name in ipairs(FUNCTIONS) do there[name] = bpf.ksym_address(name) ~= nil end
  local function first(...)
    for _, name in ipairs { ... } do
      if there[name] or name == "__folio_mark_dirty" and bpf.ksym_address(name) then
        list[#list + 1] = name
        return
      end
    end
  end
  first("folio_mark_accessed", "mark_page_accessed")
  first("mark_buffer_dirty")
  first("filemap_add_folio", "add_to_page_cache_lru")
  first("folio_account_dirtied", "account_page_dirtied", "__folio_mark_dirty")
  return list
end

-- Megabytes of a line of /proc/meminfo.
local function meminfo(name)
  for line in io.lines("/proc/meminfo") do
    local kb = line:match("^" .. name .. ":%s*(%d+)")
    if kb then return kb // 1024 end
  end
end

return lunette.tool {
  name = "cachestat", help = "Show hits and misses of the page cache.",
  object = "cachestat.bpf.o",
  programs = programs, map = "counts", interval = 1,
  row = function(row)
    local total = math.max(0, row.accessed - row.buffers_dirtied)
    local misses = math.max(0, row.added - row.dirtied)
    row.misses = math.min(misses, total)
    row.hits, row.dirties = total - row.misses, row.buffers_dirtied
    row.ratio = total > 0 and row.hits / total * 1000 // 1 / 10 or 0
    row.buffers, row.cached = meminfo("Buffers"), meminfo("Cached")
    return row
  end,
  columns = {
    { "HITS", "hits", align = "right", width = 8 },
    { "MISSES", "misses", align = "right", width = 8 },
    { "DIRTIES", "dirties", align = "right", width = 8 },
    { "HITRATIO", "ratio", name = "hit_ratio", align = "right", width = 8 },
    { "BUFFERS_MB", "buffers", name = "buffers_mb", align = "right" },
    { "CACHED_MB", "cached", name = "cached_mb", align = "right" },
  },
  needs = "kprobes (CONFIG_KPROBES)",
}
