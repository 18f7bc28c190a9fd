-- Parses TAP from cmocka, busted, node and the lint scripts.

local tap = {}

local EXCERPT = 8 -- lines of an error that are repeated at the end

-- Parses a line: "ok", "not ok" or "skip", then the name, then the reason.
local function parse(line)
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

-- The part of a line that describes the failure above it; nil for a tool's bookkeeping.
local function detail(line)
  local text = line:match("^%s*#%s?(.*)$") or line:match("^%s+(.*)$")
  if not text or text:match("^%s*$") or text:match("^%-%-%-$") or text:match("^Subtest: ")
    or text:match("^duration_ms: ") or text:match("^type: ") or text:match("^failureType: ")
    or text:match("^code: ") or text:match("^name: ") or text:match("^stack: ")
    or text:match("^error: |%-$") then
    return nil
  end
  return text
end

-- Node also reports the parent of a failed test: "1 subtest failed".
local function is_parents(bad)
  return bad.lines[2] and bad.lines[2]:match("^error: '%d+ subtests? failed'$")
    or bad.lines[1] and bad.lines[1]:match("^error: '%d+ subtests? failed'$")
end

local function count(result, state, name, reason)
  if state == "ok" then
    result.passed = result.passed + 1
  elseif state == "skip" then
    result.skipped = result.skipped + 1
    local why = reason ~= "" and reason ~= name and (" (%s)"):format(reason) or ""
    result.skips[#result.skips + 1] = name .. why
  else
    result.failed = result.failed + 1
    local bad = { name = name, lines = {} }
    result.bad[#result.bad + 1] = bad
    return bad
  end
end

-- Node's own sums count only leaves, though a parent prints a line, too.
local function node_sums(result, sums)
  if not sums.pass then return end
  result.passed, result.failed = sums.pass, sums.fail + (sums.cancelled or 0)
  result.skipped = (sums.skipped or 0) + (sums.todo or 0)
  for i = #result.bad, 1, -1 do
    if #result.bad > 1 and is_parents(result.bad[i]) then table.remove(result.bad, i) end
  end
end

--- Reads a TAP file: the numbers of passed, failed and skipped tests; bad = { { name, lines } }
--- with the first lines of each error; skips; log, all lines.
---@param path string
---@param node boolean
function tap.read(path, node)
  local result = { passed = 0, failed = 0, skipped = 0, log = {}, bad = {}, skips = {} }
  local sums, bad = {}, nil
  for line in io.lines(path) do
    result.log[#result.log + 1] = line
    local state, name, reason = parse(line)
    if state then
      bad = count(result, state, name, reason)
    elseif bad and line:match("^%s*%.%.%.$") then
      bad = nil
    elseif bad and #bad.lines < EXCERPT then
      bad.lines[#bad.lines + 1] = detail(line)
    end
    local what, n = line:match("^# (%a+) (%d+)$")
    if node and what then sums[what] = tonumber(n) end
  end
  if node then node_sums(result, sums) end
  return result
end

--- The last lines of a log, for a failure without a message.
function tap.tail(log)
  return table.move(log, math.max(1, #log - EXCERPT + 1), #log, 1, {})
end

return tap
