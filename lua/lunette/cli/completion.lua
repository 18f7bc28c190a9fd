-- lunette completion bash | zsh | fish

local output = require("lunette.cli.output")
local cli = require("lunette.cli")

local completion = {}

local SHELLS = { "bash", "zsh", "fish" }

function completion.configure(command)
  command:argument("shell", "Which shell."):choices(SHELLS)
  command:epilog("  source <(lunette completion bash)")
end

function completion.run(given)
  local parser = cli.parser("*")
  output.line(parser["get_" .. given.shell .. "_complete"](parser))
end

return completion
