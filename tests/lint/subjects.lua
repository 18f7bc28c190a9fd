-- Every source file has its tests, by name or by tests/lib/subjects.lua: lua5.4
-- tests/lint/subjects.lua. With source files as arguments it prints theirs.

package.path = "tests/lib/?.lua;" .. package.path
local subjects = require("subjects")

local function files(command)
  local list = {}
  local pipe <close> = assert(io.popen(command))
  for path in pipe:lines() do list[#list + 1] = path end
  return list
end

local TESTS = [[find tests -path '*/node_modules' -prune -o \( -path 'tests/c/*.c' \
  -o -name '*_spec.lua' -o -name '*.test.mjs' \) -print | sort]]
local SOURCES = [[find src lua/bpf.lua lua/lunette -name '*.c' -o -name '*.lua' | sort]]
-- BPF programs have the tests of what loads them; the others build and install.
local OTHERS = { "^src/probes/", "%.bpf%.c$", "^src/embed/", "^src/install/" }

local function is_other(path)
  for _, pattern in ipairs(OTHERS) do
    if path:find(pattern) then return true end
  end
  return false
end

local tests = files(TESTS)
if #arg > 0 then
  for _, source in ipairs(arg) do
    for _, test in ipairs(subjects.of(source, tests)) do print(test) end
  end
  return
end

local function report(n, name, wrong)
  print(("%s %d - %s"):format(#wrong == 0 and "ok" or "not ok", n, name))
  for _, line in ipairs(wrong) do print("# " .. line) end
end

local untested = {}
for _, source in ipairs(files(SOURCES)) do
  if not is_other(source) and #subjects.of(source, tests) == 0 then
    untested[#untested + 1] = source .. ": no test has its name, and none is listed for it"
  end
end
report(1, "every source file has its tests", untested)
report(2, "the tests that are listed exist", subjects.stale(tests))
print("1..2")
