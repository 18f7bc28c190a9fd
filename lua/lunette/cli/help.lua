-- lunette help [COMMAND...], lunette help api [NAME]

local cli = require("lunette.cli")
local exit = require("lunette.cli.exit")
local output = require("lunette.cli.output")

local help = {}

function help.configure(command)
  command:argument("of", "The command; or 'api' and a name of the Lua API, such as bpf.map.")
    :args("*")
  command:epilog("  lunette help map dump\n  lunette help api bpf.map\n  lunette help api")
end

function help.run(args)
  local words = args.of
  if #words == 0 then return output.line(cli.parser():get_help()) end
  if words[1] == "api" then
    local text, err = require("lunette.runtime.reference").of(words[2] or "")
    if not text then exit.fail(exit.MISSING, "%s", err) end
    return output.line(text)
  end
  words = table.move(words, 1, #words, 1, {})
  words[#words + 1] = "--help"
  return cli.main(words)
end

return help
