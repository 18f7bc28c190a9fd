-- The tests on every kernel that people run: lua5.4 tests/kernels/run.lua [PATTERN...]
--
-- Boots each kernel in qemu and runs the C, Lua, command line and metrics tests in it. A pattern (a
-- part of a file's name) chooses files. The environment: KERNELS (default: all below), BOOT (a
-- kernel: gives a shell in it instead), LUNETTE_BUILD. Ends with one table, kernels by suites.

package.path = "tests/lib/?.lua;" .. package.path
local guest = require("guest")

local ALL = "5.10 6.1 6.12 6.18 7.3"
local SUITES = { "tests/c/", "tests/lua/", "tests/cli/", "tests/metrics/" }
local KERNELS = "tests/lua/kernels/" -- its own column
local SECONDS = 3 * 3600 -- a guest

local build = os.getenv("LUNETTE_BUILD") or "build"

local function now()
  local f <close> = assert(io.open("/proc/uptime"))
  return f:read("n")
end

-- The column that a file of tests counts for.
local function column_of(label)
  if label:find(KERNELS, 1, true) then return "kernels" end
  return label:match("^tests/(%w+)/")
end

local COLUMNS = { "c", "lua", "cli", "metrics", "kernels" }

local function cell(sum)
  if not sum then return "-" end
  local words = { ("%d"):format(sum.passed) }
  if sum.failed > 0 then words[#words + 1] = ("%d failed"):format(sum.failed) end
  if sum.skipped > 0 then words[#words + 1] = ("%d skipped"):format(sum.skipped) end
  return table.concat(words, ", ")
end

local function add(sums, item)
  local key = column_of(item.label)
  local sum = sums[key] or { passed = 0, failed = 0, skipped = 0 }
  sums[key] = sum
  for name in pairs(sum) do sum[name] = sum[name] + item[name] end
end

local function print_item(series, item)
  print(("%-4s %-4s %-54s %4d passed, %d failed, %d skipped  %5.1f s"):format(
    item.failed > 0 and "FAIL" or "ok", series, item.label, item.passed, item.failed, item.skipped,
    item.seconds))
  for _, bad in ipairs(item.bad) do
    print("  failed   " .. bad.name)
    for _, line in ipairs(bad.lines) do print("           " .. line) end
  end
end

-- Skips of all files, by their reason.
local function print_skips(series, list)
  for _, item in ipairs(list) do
    for _, name in ipairs(item.skips) do
      print(("skipped  %s %s: %s"):format(series, item.label, name))
    end
  end
end

local function print_table(rows)
  print(("%-8s%s"):format("KERNEL", ("%-26s"):rep(#COLUMNS, ""):format(table.unpack(COLUMNS)))
    .. "SECONDS")
  for _, row in ipairs(rows) do
    local cells = {}
    for i, name in ipairs(COLUMNS) do cells[i] = ("%-26s"):format(cell(row.sums[name])) end
    print(("%-8s%s%.0f%s"):format(row.series, table.concat(cells), row.seconds,
      row.why and "  " .. row.why:match("[^\n]*$") or ""))
  end
end

local function run(series)
  local begin = now()
  local patterns = #arg > 0 and arg or SUITES
  local list, why = guest.run(series, patterns, { build = build, seconds = SECONDS })
  local row = { series = series, sums = {}, why = why, failed = why and 1 or 0 }
  for _, item in ipairs(list or {}) do
    print_item(series, item)
    add(row.sums, item)
    row.failed = row.failed + item.failed
  end
  print_skips(series, list or {})
  if why then print(("kernel %s: %s"):format(series, why)) end
  row.seconds = now() - begin
  io.stdout:flush()
  return row
end

local shell = os.getenv("BOOT")
if shell and shell ~= "" then
  os.exit(os.execute("exec tests/kernels/boot " .. shell) == true)
end
local kernels = os.getenv("KERNELS")
local rows, failed = {}, 0
for series in ((kernels and kernels ~= "") and kernels or ALL):gmatch("%S+") do
  rows[#rows + 1] = run(series)
  failed = failed + rows[#rows].failed
end
print_table(rows)
os.exit(failed == 0)
