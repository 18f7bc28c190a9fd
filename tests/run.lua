-- Runs every test and adds up: lua5.4 tests/run.lua [PATTERN...]
--
-- Each suite speaks TAP. A pattern (a part of a file's name) chooses files. The environment:
-- LUNETTE_BUILD (default build), LUNETTE_ASAN (a sanitizer build: C, Lua and HTTP tests run
-- again in it, with LUNETTE_QUICK=1 for those that spend their time in other tools).
-- The last line is 'N passed, N failed, N skipped'.

local build = os.getenv("LUNETTE_BUILD") or "build"
local asan = os.getenv("LUNETTE_ASAN")
local TIMEOUT = 600 -- seconds a file: it ends what hangs, on a busy machine too

local total = { passed = 0, failed = 0, skipped = 0 }
local failures, skips = {}, {}

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function files(pattern)
  local list = {}
  for path in capture("find tests -path '*/node_modules' -prune -o -type f -print | sort")
    :gmatch("[^\n]+") do
    if path:match(pattern) then list[#list + 1] = path end
  end
  return list
end

local function now()
  local f = assert(io.open("/proc/uptime"))
  local seconds = f:read("n")
  f:close()
  return seconds
end

-- One line of TAP: "ok"/"not ok", name, skip reason. Node indents subtests: leaves and parents
-- both print a line, so a parent (followed by no deeper line of its own) is told by its type.
local function tap_line(line)
  local state, rest = line:match("^%s*(ok) %d+%s*%-?%s*(.*)$")
  if not state then
    rest = line:match("^%s*not ok %d+%s*%-?%s*(.*)$")
    if not rest then return nil end
    state = "not ok"
  end
  local name, reason = rest:match("^(.-)%s*#%s*[Ss][Kk][Ii][Pp]%s*(.*)$")
  if name then return "skip", name ~= "" and name or reason, reason end
  if rest:match("#%s*TODO") then return "skip", rest, "todo" end
  return state, rest
end

local function read_tap(path, node)
  local result = { passed = 0, failed = 0, skipped = 0, log = {}, bad = {}, skip = {} }
  for line in io.lines(path) do
    result.log[#result.log + 1] = line
    local state, name, reason = tap_line(line)
    if state == "ok" then
      result.passed = result.passed + 1
    elseif state == "not ok" then
      result.failed = result.failed + 1
      result.bad[#result.bad + 1] = name
    elseif state == "skip" then
      result.skipped = result.skipped + 1
      result.skip[#result.skip + 1] = name .. (reason ~= "" and (" (" .. reason .. ")") or "")
    end
    local what, n = line:match("^# (%a+) (%d+)$")
    if node and what then result[what] = tonumber(n) end
  end
  if node and result.pass then -- node's own sums count leaves only
    result.passed, result.failed = result.pass, result.fail + (result.cancelled or 0)
    result.skipped = (result.skipped or 0) + (result.todo or 0)
  end
  return result
end

local function report(label, result, ok, seconds)
  if not ok and result.failed == 0 then
    result.failed = 1
    result.bad[1] = "the command itself failed"
  end
  if result.passed + result.failed + result.skipped == 0 then
    result.failed = 1
    result.bad[1] = "ran no test"
  end
  for key in pairs(total) do total[key] = total[key] + result[key] end
  local state = result.failed > 0 and "FAIL" or "ok"
  print(("%-4s %-58s %4d passed%s%s  %5.1f s"):format(state, label, result.passed,
    result.failed > 0 and (", %d failed"):format(result.failed) or "",
    result.skipped > 0 and (", %d skipped"):format(result.skipped) or "", seconds))
  for _, name in ipairs(result.skip) do skips[#skips + 1] = label .. ": " .. name end
  if result.failed == 0 then return end
  print(table.concat(result.log, "\n"))
  for _, name in ipairs(result.bad) do failures[#failures + 1] = label .. ": " .. name end
end

-- Through a file: what a crashed suite left running would keep a pipe open for ever.
local function run(label, command, node)
  local start, path = now(), os.tmpname()
  io.stdout:flush()
  local line = "timeout -k 10 %d sh -c %s >%s 2>&1"
  local ok = os.execute(line:format(TIMEOUT, quote(command), path))
  local result = read_tap(path, node)
  os.remove(path)
  report(label, result, ok, now() - start)
  io.stdout:flush()
end

local function wanted(label)
  if #arg == 0 then return true end
  for _, pattern in ipairs(arg) do
    if label:find(pattern, 1, true) then return true end
  end
  return false
end

local function environment(dir)
  return ("LUNETTE=%s/lunette LUNETTE_BUILD=%s "):format(quote(dir), quote(dir))
end

local function suite(dir, prefix, which)
  local env = environment(dir) .. (prefix ~= "" and "LUNETTE_QUICK=1 " or "")
  local kinds = {
    { "^tests/c/[^/]+%.c$", function(path)
      return env .. "CMOCKA_MESSAGE_OUTPUT=TAP " .. dir .. "/tests/c/" .. path:match("([^/]+)%.c$")
    end },
    { "^tests/lua/.*_spec%.lua$", function(path)
      return env .. dir .. "/lunette run /usr/bin/busted --no-auto-insulate -o TAP " .. path
    end },
    { "^tests/[^/]+/.*%.test%.mjs$", function(path)
      return env .. "node --test --test-reporter=tap " .. path
    end, true },
  }
  for _, kind in ipairs(kinds) do
    for _, path in ipairs(files(kind[1])) do
      local label = prefix .. path
      if wanted(label) and (not which or which(path)) then
        run(label, kind[2](path), kind[3])
      end
    end
  end
end

local function lint()
  for _, path in ipairs(files("^tests/lint/[^/]+%.sh$")) do
    if wanted(path) then run(path, "sh " .. path) end
  end
end

-- What the kernel holds, to see that the tests leave nothing behind.
local function kernel_objects()
  local held = {}
  for _, kind in ipairs({ "prog", "map", "link" }) do
    local text = capture(("bpftool -j %s list 2>/dev/null"):format(kind))
    for id in text:gmatch('{"id":(%d+)') do held[kind .. " " .. id] = true end
  end
  for path in capture("find /sys/fs/bpf -type f 2>/dev/null"):gmatch("[^\n]+") do
    held["pin " .. path] = true
  end
  return held
end

-- Freeing is deferred in the kernel: what goes within half a minute was not left behind.
local function left_behind(before)
  local left
  for _ = 1, 60 do
    left = {}
    for object in pairs(kernel_objects()) do
      if not before[object] then left[#left + 1] = object end
    end
    if #left == 0 then break end
    os.execute("sleep 0.5")
  end
  table.sort(left)
  return left
end

-- Linux 6.18 keeps a program array for ever that was looked at by id just when its owner closed it
-- (src/bpf/late_close.h). Lunette takes care; bpftool, which the tests run as a witness, does not.
local function is_kernels_own(object)
  local id = object:match("^map (%d+)$")
  local text = id and capture(("bpftool -j map show id %s 2>/dev/null"):format(id)) or ""
  return text:find('"type":"prog_array"', 1, true) and not text:find('"pids"', 1, true)
end

local function check_leaks(before)
  local left, kept = {}, {}
  for _, object in ipairs(left_behind(before)) do
    table.insert(is_kernels_own(object) and kept or left, object)
  end
  local failed = #left > 0 and 1 or 0
  report("nothing is left in the kernel", {
    passed = 1 - failed, failed = failed, skipped = #kept,
    skip = { #kept > 0 and "kept by the kernel, held by nobody: " .. table.concat(kept, ", ")
      or nil },
    log = { "left behind: " .. table.concat(left, ", ") }, bad = { "objects left behind" },
  }, true, 0)
end

local before = kernel_objects()
lint()
suite(build, "")
if asan then
  suite(asan, "asan: ", function(path)
    return path:match("^tests/c/") or path:match("^tests/lua/") or path:match("^tests/http/")
  end)
end
if #arg == 0 then check_leaks(before) end

for _, line in ipairs(skips) do print("skipped  " .. line) end
for _, line in ipairs(failures) do print("failed   " .. line) end
print(("%d passed, %d failed, %d skipped"):format(total.passed, total.failed, total.skipped))
os.exit(total.failed == 0)
