-- lunette help [COMMAND...]

local cli = require("lunette.cli")
local output = require("lunette.cli.output")

local help = {}

function help.configure(command)
  command:argument("of", "The command."):args("*")
end

function help.run(args)
  local words = args.of
  if #words == 0 then
    output.line(cli.parser():get_help())
    return 0
  end
  words = table.move(words, 1, #words, 1, {})
  words[#words + 1] = "--help"
  return cli.main(words)
end

return help
