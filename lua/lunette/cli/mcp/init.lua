-- lunette mcp: the Model Context Protocol on standard input and output, for agents.

local args = require("lunette.cli.args")
local output = require("lunette.cli.output")
local scripts = require("lunette.cli.scripts")

local mcp = {}

function mcp.configure(command)
  command:flag("--allow-write", "Let mutations of the tool `query` change the kernel.")
  args.scripts(command)
  command:epilog("A line of JSON-RPC in, a line out. For a client's configuration:\n\n"
    .. '  { "mcpServers": { "lunette": { "command": "sudo", "args": ["lunette", "mcp"] } } }')
end

function mcp.run(given)
  scripts.load(given.script)
  local rpc = require("lunette.cli.mcp.rpc")
  rpc.rights.write = given.allow_write or false
  for line in io.stdin:lines() do
    local answer = line:find("%S") and rpc.answer(line)
    if answer then
      output.json_part(answer .. "\n")
      io.stdout:flush()
    end
  end
end

return mcp
