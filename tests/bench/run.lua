-- Runs the benchmarks: lua5.4 tests/bench/run.lua [PATTERN...]
-- Every other file of this folder named *.sh, *_bench.lua or *.mjs is a benchmark. It prints
-- figures, as ratios measured in the same run. They are for reading: a slow machine fails nothing.

local build = os.getenv("LUNETTE_BUILD") or "build"

local function command(path)
  if path:match("%.sh$") then return "sh " .. path end
  if path:match("_bench%.lua$") then return build .. "/lunette run " .. path end
  if path:match("%.mjs$") then return "node " .. path end
  return nil
end

local function wanted(path)
  if #arg == 0 then return true end
  for _, pattern in ipairs(arg) do
    if path:find(pattern, 1, true) then return true end
  end
  return false
end

local list = assert(io.popen("find tests/bench -maxdepth 1 -type f | sort"))
for path in list:lines() do
  local line = command(path)
  if line and wanted(path) then
    print("== " .. path)
    io.stdout:flush()
    local env = ("LUNETTE=%s/lunette LUNETTE_BUILD=%s "):format(build, build)
    if not os.execute(env .. line) then print("   (did not finish)") end
  end
end
list:close()
