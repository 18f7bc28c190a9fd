-- lunette prog dump xlated | dump jited | cfg: the code of a program, as text, JSON or DOT.

local bpf = require("bpf")
local dot = require("lunette.code.dot")
local exit = require("lunette.cli.exit")
local listing = require("lunette.code.listing")
local names = require("lunette.names")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")

local code = {}

--- Adds the subcommands to the parser of `lunette prog`.
function code.configure(command)
  local dump = command:command("dump", "Print a program's code.")
  dump:argument("what", "xlated: the instructions that the kernel runs; jited: machine code.")
    :choices({ "xlated", "jited" })
  dump:argument("program", objects.HELP .. " Or its tag.")
  dump:flag("--opcodes", "Print the bytes of each instruction.")
  dump:flag("--no-source", "Leave out the lines of source.")
  dump:flag("--intel", "Print machine code in Intel's syntax, not in GNU's.")
  dump:flag("-j --json", "Print JSON.")
  local cfg = command:command("cfg", "Print a program's control-flow graph, as DOT for Graphviz.")
  cfg:argument("program", objects.HELP .. " Or its tag.")
  cfg:flag("-j --json", "Print JSON: functions with their blocks and edges.")
end

--- The names of the maps that instructions load.
---@param insns table[]
---@return table<integer, string>
function code.map_names(insns)
  local found = {}
  for _, insn in ipairs(insns) do
    local id = insn.map_id
    if id and not found[id] then
      local info = bpf.map_info(id)
      found[id] = info and names.of(info) or nil
    end
  end
  return found
end

function code.dump(given)
  local id = objects.id("prog", given.program)
  local style = { bytes = given.opcodes, source = not given.no_source }
  if given.what == "xlated" then
    local program = exit.check(bpf.xlated(id))
    if given.json then return output.json(program) end
    style.maps = code.map_names(program.insns)
    output.text(listing.xlated(program, style))
  else
    local program = exit.check(bpf.jited(id, given.intel and "intel" or "att"))
    if given.json then return output.json(program) end
    output.text(listing.native(program, style))
  end
end

function code.cfg(given)
  local id = objects.id("prog", given.program)
  local graph = exit.check(bpf.cfg(id))
  if given.json then return output.json(graph) end
  output.text(dot.graph(graph, exit.check(bpf.xlated(id))))
end

return code
