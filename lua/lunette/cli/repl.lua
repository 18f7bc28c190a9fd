-- lunette repl

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local parse = require("lunette.repl.parse")
local repl = require("lunette.repl")
local scripts = require("lunette.cli.scripts")

local command = {}

function command.configure(parser)
  parser:option("-e --eval", "Run this, print what it gives, and end (may be repeated).")
    :argname("LUA"):count("*")
  args.scripts(parser)
  parser:epilog("History is kept in ~/.lunette_history, or the file that LUNETTE_HISTORY names.\n"
    .. "Keys are those of ~/.editrc. Lines may come from a pipe too.\n\n" .. exit.TEXT)
end

local function evaluate(texts, env)
  for _, text in ipairs(texts) do
    local chunk, state, err = parse.compile(text, "-e")
    if not chunk then
      exit.fail(exit.FAILED, "%s", state == "more" and "-e: the statement is not complete" or err)
    end
    if not repl.run(chunk, env) then return exit.FAILED end
  end
  return exit.OK
end

function command.run(given)
  local env = _G
  repl.globals(env)
  scripts.load(given.script)
  if #given.eval > 0 then return evaluate(given.eval, env) end
  return repl.loop(env) and exit.FAILED or exit.OK
end

return command
