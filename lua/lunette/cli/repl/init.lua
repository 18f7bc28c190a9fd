-- lunette repl

local args = require("lunette.cli.args")
local exit = require("lunette.cli.exit")
local found = require("lunette.runtime.scripts")
local graph = require("lunette.cli.graph")
local parse = require("lunette.runtime.console.parse")
local prompt = require("lunette.cli.repl.prompt")
local scripts = require("lunette.cli.scripts")
local session = require("lunette.runtime.console.session")

local command = {}

function command.configure(parser)
  parser:option("-e --eval", "Run this code, print its results, and end (may be repeated).")
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
    if not prompt.run(chunk, env) then return exit.FAILED end
  end
  return exit.OK
end

function command.run(given)
  local env = _G
  session.globals(env, function(source, variables)
    return graph.data(source, { variables = variables })
  end)
  found.print, found.share = "stdout", env
  require("lunette.runtime.load").at_once = true
  scripts.load(given.script)
  if #given.eval > 0 then return evaluate(given.eval, env) end
  return prompt.loop(env) and exit.FAILED or exit.OK
end

return command
