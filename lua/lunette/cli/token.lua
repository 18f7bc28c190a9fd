-- lunette token NAME ROLE: a new token, and its line for the file of `lunette serve --tokens`.

local exit = require("lunette.cli.exit")
local output = require("lunette.cli.output")

local token = {}

function token.configure(command)
  command:argument("name", "Whose token it is: it stands in the audit log.")
  command:argument("role", "read; write: may also change maps, pins and links; eval: may also run "
    .. "Lua."):choices { "read", "write", "eval" }
  command:epilog("Prints the line to standard output and the token, which is kept nowhere, to "
    .. "standard error.\n\n  lunette token grafana read >>/etc/lunette/tokens")
end

--- 128 random bits in hex.
---@return string
function token.new()
  local file <close> = assert(io.open("/dev/urandom", "rb"))
  return (file:read(16):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

function token.run(given)
  if given.name:find("[^%w_.@-]") or #given.name > 63 then
    exit.fail(exit.USAGE, "%s: a name has letters, digits, '_', '.', '@' and '-', 63 at most",
      given.name)
  end
  local secret = token.new()
  local hash = require("lunette.graphql.sha256")(secret)
  output.line(("%s %s %s"):format(given.name, given.role, hash))
  output.note("the token of " .. given.name .. " is " .. secret)
end

return token
