-- Runs every test and adds up the results: lua5.4 tests/run.lua [PATTERN...]
-- Every suite prints TAP. A pattern (a part of a file's name) chooses files; a source file stands
-- for its tests (tests/lib/subjects.lua). Environment:
-- LUNETTE_BUILD (default build), LUNETTE_ASAN (a sanitizer build: C, Lua and HTTP tests run again
-- in it, with LUNETTE_QUICK=1 for files that spend their time in other tools), LUNETTE_TIMES
-- (durations of earlier phases from .ci/timed), LUNETTE_GUEST (a kernel's series, such as 6.12:
-- tests/lua/kernels runs in such a guest, too). In a guest: LUNETTE_RESULTS, the file for each test
-- file's results. Prints at the end: skips, failures with their errors, durations, and as the last
-- line 'N passed, N failed, N skipped'.

package.path = "tests/lib/?.lua;" .. package.path
local guest = require("guest")
local left = require("left")
local subjects = require("subjects")
local tap = require("tap")

local build = os.getenv("LUNETTE_BUILD") or "build"
local asan = os.getenv("LUNETTE_ASAN")
local results = os.getenv("LUNETTE_RESULTS")
local TIMEOUT = 600 -- seconds per file; ends a hanging one, even on a busy machine
local GUEST_TIMEOUT = 1500 -- seconds for all tests of a guest, even on a busy machine
local EAGER = { bpf = true, decode = true, runtime = true } -- folders of tests/lua
local LAZY = "interrupt_spec" -- it counts hooks, which finalizers use, too
local GRACE = 30 -- seconds: freeing is deferred in the kernel; what goes within was not left

local total = { passed = 0, failed = 0, skipped = 0 }
local failures, skips = {}, {}
local phases, slowest = {}, {} -- { { name, seconds } }
local suites = {} -- labels, by the number after the mark in their environment
local first_seen = {} -- the file after which a kernel object was first seen

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function files(pattern)
  local list = {}
  local find = "find tests -path '*/node_modules' -prune -o -type f -print | sort"
  for path in left.capture(find):gmatch("[^\n]+") do
    if path:match(pattern) then list[#list + 1] = path end
  end
  return list
end

local function now()
  local f <close> = assert(io.open("/proc/uptime"))
  return f:read("n")
end

local function this_process()
  local f <close> = assert(io.open("/proc/self/stat"))
  return f:read("n")
end

local MARK = ("LUNETTE_SUITE=%d-"):format(this_process())

local function spend(phase, seconds)
  for _, item in ipairs(phases) do
    if item.name == phase then
      item.seconds = item.seconds + seconds
      return
    end
  end
  phases[#phases + 1] = { name = phase, seconds = seconds }
end

local function report(label, result, seconds)
  for key in pairs(total) do total[key] = total[key] + result[key] end
  local state = result.failed > 0 and "FAIL" or "ok"
  print(("%-4s %-58s %4d passed%s%s  %5.1f s"):format(state, label, result.passed,
    result.failed > 0 and (", %d failed"):format(result.failed) or "",
    result.skipped > 0 and (", %d skipped"):format(result.skipped) or "", seconds))
  for _, name in ipairs(result.skips) do skips[#skips + 1] = label .. ": " .. name end
  if result.failed == 0 then return end
  print(table.concat(result.log, "\n"))
  for _, bad in ipairs(result.bad) do
    failures[#failures + 1] = { name = label .. ": " .. bad.name, lines = bad.lines }
  end
end

-- A file that ended with an error, or printed no result, has failed, too.
local function judge(result, ok, how, code)
  local why
  if not ok and result.failed == 0 then
    why = code == 124 and ("it did not end within %d s"):format(TIMEOUT)
      or ("the command itself failed (%s %d)"):format(how, code)
  elseif result.passed + result.failed + result.skipped == 0 then
    why = "ran no test"
  end
  if not why then return end
  result.failed = 1
  result.bad = { { name = why, lines = tap.tail(result.log) } }
end

-- Kills processes that a failed file left running, because they would disturb the next files, and
-- reports them.
local function end_processes(result, number)
  for _, process in ipairs(left.processes(("%s%d."):format(MARK, number))) do
    os.execute(("kill -9 %s 2>/dev/null"):format(process.pid))
    table.insert(result.bad[#result.bad].lines,
      ("left running, ended: process %s: %s"):format(process.pid, process.command))
  end
end

local function notice(label)
  for object in pairs(left.quick(build .. "/lunette")) do
    first_seen[object] = first_seen[object] or label
  end
end

-- Through a file: processes left by a crashed suite would keep a pipe open.
local function run(phase, label, command, node)
  local start, path = now(), os.tmpname()
  suites[#suites + 1] = label
  io.stdout:flush()
  local line = "env %s%d. timeout -k 10 %d sh -c %s >%s 2>&1"
  local ok, how, code = os.execute(line:format(MARK, #suites, TIMEOUT, quote(command), path))
  local result = tap.read(path, node)
  os.remove(path)
  judge(result, ok, how, code)
  if result.failed > 0 then end_processes(result, #suites) end
  local seconds = now() - start
  spend(phase, seconds)
  slowest[#slowest + 1] = { name = label, seconds = seconds }
  report(label, result, seconds)
  if results then
    result.label, result.phase, result.seconds = label, phase, seconds
    guest.write(results, result)
  end
  notice(label)
  io.stdout:flush()
end

-- The patterns, with its tests in place of a source file.
local function chosen()
  local list, tests = {}, files("^tests/")
  for _, pattern in ipairs(arg) do
    local is_source = pattern:find("^src/.*%.c$") or pattern:find("^lua/lunette/.*%.lua$")
    for _, name in ipairs(is_source and subjects.of(pattern, tests) or { pattern }) do
      list[#list + 1] = name
    end
  end
  return list
end

local patterns = chosen()

local function wanted(label)
  if #arg == 0 then return true end
  for _, pattern in ipairs(patterns) do
    if label:find(pattern, 1, true) then return true end
  end
  return false
end

local function environment(dir)
  return ("LUNETTE=%s/lunette LUNETTE_BUILD=%s "):format(quote(dir), quote(dir))
end

local function suite(dir, prefix, which)
  local env = environment(dir) .. (prefix ~= "" and "LUNETTE_QUICK=1 " or "")
  local node = function(path) return env .. "node --test --test-reporter=tap " .. path end
  local kinds = {
    { "C", "^tests/c/[^/]+%.c$", function(path)
      return env .. "CMOCKA_MESSAGE_OUTPUT=TAP " .. quote(dir) .. "/tests/c/"
        .. path:match("([^/]+)%.c$")
    end },
    { "Lua", "^tests/lua/.*_spec%.lua$", function(path)
      -- With the sanitizers the bindings also run with a collector that never rests.
      local eager = prefix ~= "" and path:match("^tests/lua/(%a+)/")
      local how = EAGER[eager] and not path:find(LAZY, 1, true) and "tests/lib/eager.lua " or ""
      return env .. quote(dir) .. "/lunette run " .. how
        .. "/usr/bin/busted --no-auto-insulate -o TAP " .. path
    end },
    { "node", "^tests/[^/]+/.*%.test%.mjs$", node, node = true },
  }
  for _, kind in ipairs(kinds) do
    for _, path in ipairs(files(kind[2])) do
      local label = prefix .. path
      if wanted(label) and (not which or which(path)) then
        local phase = path:match("^tests/(web)/") or kind[1]
        run(prefix .. phase, label, kind[3](path), kind.node)
      end
    end
  end
end

local function lint()
  for _, path in ipairs(files("^tests/lint/[^/]+%.%a+$")) do
    local program = path:match("%.lua$") and "lua5.4 " or "sh "
    if wanted(path) then run("lint", path, environment(build) .. program .. path) end
  end
end

-- Runs the tests that need kprobes and other kernel features in a guest.
local function in_guest(series)
  local specs, begin = {}, now()
  for _, path in ipairs(files("^tests/lua/kernels/.*_spec%.lua$")) do
    if wanted(("%s: %s"):format(series, path)) then specs[#specs + 1] = path end
  end
  if #specs == 0 then return end
  io.stdout:flush()
  local list, why = guest.run(series, specs, { build = build, seconds = GUEST_TIMEOUT })
  for _, item in ipairs(list or {}) do
    report(("%s: %s"):format(series, item.label), item, item.seconds)
  end
  if why then
    report("a guest with kernel " .. series, {
      passed = 0, failed = list and 1 or 0, skipped = list and 0 or 1, log = {},
      skips = { why }, bad = { { name = "the guest", lines = { why } } },
    }, now() - begin)
  end
  spend("kernel " .. series, now() - begin)
end

-- Linux 6.18 never frees a program array that was opened by id just when its owner closed it
-- (src/bpf/object/prog_array_close.h). Lunette avoids that; bpftool does not.
local function is_kernels_own(object)
  local id = object:match("^map (%d+)$")
  local show = "bpftool -j map show id %s 2>/dev/null"
  local text = id and left.capture(show:format(id)) or ""
  return text:find('"type":"prog_array"', 1, true) and not text:find('"pids"', 1, true)
end

-- Objects that were not there before: { { key, description } }, sorted.
local function remains(before)
  local list = {}
  local foreign = left.foreign(build .. "/lunette", MARK)
  for object, told in pairs(left.all()) do
    if not before[object] and not foreign[object] then
      local seen = first_seen[object]
      list[#list + 1] = { object, told .. (seen and ", first seen after " .. seen or "") }
    end
  end
  for _, process in ipairs(left.processes(MARK)) do
    local told = ("process %s: %s, of %s"):format(process.pid, process.command,
      suites[process.number])
    list[#list + 1] = { "process", told }
  end
  table.sort(list, function(a, b) return a[2] < b[2] end)
  return list
end

-- Those of a list that still exist.
local function still(list, now_there)
  local there, both = {}, {}
  for _, item in ipairs(now_there) do there[item[2]] = true end
  for _, item in ipairs(list) do
    if there[item[2]] then both[#both + 1] = item end
  end
  return both
end

-- Objects first seen after the last test are not leftovers: bpftool makes maps itself while it
-- lists.
local function check_leaks(before)
  local list = remains(before)
  local stop = now() + GRACE
  while #list > 0 and now() < stop do
    os.execute("sleep 0.5")
    list = still(list, remains(before))
  end
  local lost, kept = {}, {}
  for _, item in ipairs(list) do
    table.insert(is_kernels_own(item[1]) and kept or lost, item[2])
  end
  local failed = #lost > 0 and 1 or 0
  report("nothing is left behind", {
    passed = 1 - failed, failed = failed, skipped = #kept > 0 and 1 or 0, log = {},
    skips = { #kept > 0 and "kept by the kernel, held by nobody: " .. table.concat(kept, "; ")
      or nil },
    bad = { { name = "left behind", lines = lost } },
  }, now() - stop + GRACE)
end

-- Phases before the tests, from .ci/timed: "NAME SECONDS SECONDS" (begin, end).
local function earlier_phases()
  local file <close> = io.open(os.getenv("LUNETTE_TIMES") or "")
  if not file then return end
  for name, begin, finish in file:read("a"):gmatch("(.-) ([%d.]+) ([%d.]+)\n") do
    spend(name, finish - begin)
  end
end

local function times(list, n)
  local words = {}
  for i, item in ipairs(list) do
    if i > n then break end
    words[i] = ("%s %.0f s"):format(item.name, item.seconds)
  end
  return table.concat(words, ", ")
end

local function summary()
  for _, line in ipairs(skips) do print("skipped  " .. line) end
  for _, failure in ipairs(failures) do
    print("failed   " .. failure.name)
    for _, line in ipairs(failure.lines) do print("           " .. line) end
  end
  table.sort(slowest, function(a, b) return a.seconds > b.seconds end)
  local all = 0
  for _, phase in ipairs(phases) do all = all + phase.seconds end
  print(("time     %.0f s: %s"):format(all, times(phases, #phases)))
  print("slowest  " .. times(slowest, 5))
  print(("%d passed, %d failed, %d skipped"):format(total.passed, total.failed, total.skipped))
end

earlier_phases()
local before = left.all()
for object in pairs(before) do first_seen[object] = "the start" end
lint()
suite(build, "")
if asan then
  suite(asan, "asan: ", function(path)
    return path:match("^tests/c/") or path:match("^tests/lua/") or path:match("^tests/http/")
  end)
end
if #arg == 0 and not results then check_leaks(before) end
local series = os.getenv("LUNETTE_GUEST")
if series and series ~= "" then in_guest(series) end
local ran = total.passed + total.failed + total.skipped > 0
if not ran then
  io.stderr:write(("no test file has '%s' in its name\n"):format(table.concat(arg, "' or '")))
end
summary()
os.exit(total.failed == 0 and ran)
