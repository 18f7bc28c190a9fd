-- Runs tests in a guest: boots a kernel (tests/kernels/boot), runs the runner in it, and reads the
-- results of each file.

local cjson = require("cjson")

local guest = {}

local LACKING = 3 -- exit code of tests/kernels/boot when qemu or the kernel is missing

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function read(path)
  local file <close> = io.open(path)
  return file and file:read("a") or ""
end

local function tail(text, n)
  local lines = {}
  for line in text:gmatch("[^\r\n]+") do lines[#lines + 1] = line end
  return table.move(lines, math.max(1, #lines - n + 1), #lines, 1, {})
end

local COUNTS = { "passed", "failed", "skipped" }

-- The results that the runner wrote in the guest, one line per file.
local function results(path)
  local list = {}
  for line in read(path):gmatch("[^\n]+") do
    local ok, item = pcall(cjson.decode, line)
    if ok then
      for _, key in ipairs(COUNTS) do item[key] = math.tointeger(item[key]) end
      list[#list + 1] = item
    end
  end
  return list
end

--- Writes the results of a file, for guest.run outside.
---@param path string
---@param item table label, phase, seconds, passed, failed, skipped, bad, skips, log
function guest.write(path, item)
  local file <close> = assert(io.open(path, "a"))
  file:write(cjson.encode(item), "\n")
end

--- Runs tests in a guest.
---@param series string of the kernel: "6.12"
---@param patterns string[] parts of the names of test files
---@param opts { build: string, seconds: integer, options: string?, shape: string? } options of
--- tests/kernels/boot, and the name that tests/lua/shapes asks for
---@return table[]|nil results one a file of tests; nil when the guest can't be had
---@return string? reason for that, or what went wrong in the guest itself
function guest.run(series, patterns, opts)
  local out = os.tmpname()
  os.remove(out)
  local words = {}
  for i, pattern in ipairs(patterns) do words[i] = quote(pattern) end
  local inside = ("env LUNETTE_BUILD=%s LUNETTE_RESULTS=/out/results LUNETTE_KERNEL=%s "
    .. "LUNETTE_SHAPE=%s lua5.4 tests/run.lua %s >/out/log 2>&1"):format(quote(opts.build), series,
    opts.shape or "", table.concat(words, " "))
  local _, _, code = os.execute(("tests/kernels/boot -o %s -t %d %s %s %s >%s.console 2>&1"):format(
    out, opts.seconds, opts.options or "", series, quote(inside), out))
  local list, console, log = results(out .. "/results"), read(out .. ".console"),
    read(out .. "/log")
  os.execute(("rm -rf %s %s.console"):format(out, out))
  local why = table.concat(tail(console, 1))
  if code == LACKING then return nil, why end
  if code > 1 or #list == 0 then
    return list, table.concat(tail(log .. "\n" .. console, 8), "\n")
  end
  return list
end

return guest
