-- lunette run SCRIPT [ARG...]: runs a script with the whole API; `arg` is set as by lua.

local exit = require("lunette.cli.exit")
local interrupt = require("lunette.core.interrupt")
local scripts = require("lunette.runtime.scripts")
local output = require("lunette.cli.output")
local traceback = require("lunette.cli.traceback")

local run = { raw = true }

local HELP = [[
Usage: lunette run SCRIPT [ARG...]

Run a Lua script against the kernel. SCRIPT is a file, or - for standard input; what
follows are its arguments: `...` and the table `arg`, as the lua program gives them.
A script can begin with #!/usr/bin/env -S lunette run
require() finds modules in Lunette itself, beside the script, and in /usr/share/lua/5.4;
it ignores LUA_PATH, LUA_CPATH, LUA_INIT and the working directory.

The exit code is the script's own (os.exit, or an integer that it returns), 1 when it raises
an error, 130 when Ctrl-C stops it; what it holds open is closed in each case.
]]

function run.configure(command)
  command:argument("script", "The script, - for standard input.")
  command:argument("args", "Its arguments."):args("*")
end

local function load_script(path)
  scripts.print = "stdout"
  if path ~= "-" then
    local file, err = io.open(path)
    if not file then exit.fail(exit.MISSING, "%s", err) end
    file:close()
  end
  local chunk, err = scripts.chunk(path ~= "-" and path or nil)
  if not chunk then exit.fail(exit.FAILED, "%s", err) end
  return chunk
end

function run.run(words)
  local path = words[1]
  if path == "--help" or path == "-h" then
    output.text(HELP)
    return exit.OK
  end
  if not path then exit.fail(exit.USAGE, "run: which script? (see 'lunette help run')") end
  if path:match("^%-.") then
    exit.fail(exit.USAGE, "run: unknown option '%s' (see 'lunette help run')", path)
  end
  local chunk = load_script(path)
  require("lunette.runtime.load").at_once = true
  _G.arg = { [-1] = "lunette run", [0] = path, table.unpack(words, 2) }
  local ok, interrupted, result = interrupt.call(traceback, chunk, table.unpack(words, 2))
  if interrupted then exit.fail(exit.INTERRUPTED, "interrupted") end
  if not ok then exit.fail(exit.FAILED, "%s", result) end
  return math.type(result) == "integer" and result or exit.OK
end

return run
