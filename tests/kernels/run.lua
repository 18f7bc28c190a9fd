-- Runs the tests on many kernels: lua5.4 tests/kernels/run.lua [PATTERN...]
-- Boots each kernel in qemu and runs the C, Lua, command line and metrics tests in it. A pattern (a
-- part of a file's name) chooses files. Environment: KERNELS (default: all below), BOOT (a kernel:
-- opens a shell in it instead), LUNETTE_BUILD. One kernel also runs in guests of unusual shapes
-- (tests/lua/shapes). Prints a table at the end: kernels by suites.

package.path = "tests/lib/?.lua;" .. package.path
local guest = require("guest")

local ALL = "5.10 6.1 6.12 6.18 7.3"
local SUITES = { "tests/c/", "tests/lua/", "tests/cli/", "tests/metrics/" }
local KERNELS = "tests/lua/kernels/" -- its own column
local SHAPES = "tests/lua/shapes/" -- run in guests of their own only
local SECONDS = 3 * 3600 -- a guest

-- Guests with a shape: options of tests/kernels/boot.
local SHAPED = {
  { name = "lockdown", options = "-k lockdown=confidentiality" },
  { name = "small", options = "-m 256 -c 1" },
  { name = "many", options = "-c 64 -k 'maxcpus=1 audit=1'" },
  { name = "four", options = "-c 4" },
}
local SHAPED_KERNEL = "6.12"

local build = os.getenv("LUNETTE_BUILD") or "build"

local function now()
  local f <close> = assert(io.open("/proc/uptime"))
  return f:read("n")
end

-- The column that counts a test file.
local function column_of(label)
  if label:find(KERNELS, 1, true) then return "kernels" end
  if label:find(SHAPES, 1, true) then return "shapes" end
  return label:match("^tests/(%w+)/")
end

local COLUMNS = { "c", "lua", "cli", "metrics", "kernels", "shapes" }

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
  print(("%-4s %-13s %-48s %4d passed, %d failed, %d skipped  %5.1f s"):format(
    item.failed > 0 and "FAIL" or "ok", series, item.label, item.passed, item.failed, item.skipped,
    item.seconds))
  for _, bad in ipairs(item.bad) do
    print("  failed   " .. bad.name)
    for _, line in ipairs(bad.lines) do print("           " .. line) end
  end
end

-- Prints the skips of all files by reason.
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

-- Adds a guest's results to the kernel's row; of the files of shapes, only those of this guest's
-- shape.
local function take(row, label, list, why, shaped)
  local taken = {}
  for _, item in ipairs(list or {}) do
    if (column_of(item.label) == "shapes") == shaped then
      taken[#taken + 1] = item
      print_item(label, item)
      add(row.sums, item)
      row.failed = row.failed + item.failed
    end
  end
  if shaped then
    for _, item in ipairs(taken) do item.skips = {} end -- each is skipped in the other shapes
  end
  print_skips(label, taken)
  if not why then return end
  print(("kernel %s: %s"):format(label, why))
  row.why, row.failed = why, row.failed + 1
end

-- True when tests of shapes are asked for.
local function wants_shapes(series)
  if series ~= SHAPED_KERNEL then return false end
  for _, pattern in ipairs(arg) do
    if pattern:find("shapes", 1, true) then return true end
  end
  return #arg == 0
end

local function run(series)
  local begin = now()
  local patterns = #arg > 0 and arg or SUITES
  local row = { series = series, sums = {}, failed = 0 }
  local opts = { build = build, seconds = SECONDS }
  if table.concat(patterns) ~= "shapes" then -- ONLY=shapes: only these
    local list, why = guest.run(series, patterns, opts)
    take(row, series, list, why, false)
  end
  for _, shape in ipairs(wants_shapes(series) and SHAPED or {}) do
    opts.options, opts.shape = shape.options, shape.name
    local list, why = guest.run(series, { SHAPES }, opts)
    take(row, ("%s %s"):format(series, shape.name), list, why, true)
  end
  if row.sums.shapes then row.sums.shapes.skipped = 0 end
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
