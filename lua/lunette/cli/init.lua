-- The command line: a table of commands, one file each in this folder.
--
-- A command's module has configure(parser) for its arguments (lua-argparse), and run(args),
-- whose result is the exit code (nil: 0). It ends early by exit.fail. A module with `raw` gets
-- the words behind its name as they are, and parses them itself; `before` sees all words first.

local exit = require("lunette.cli.exit")
local output = require("lunette.cli.output")
local tty = require("lunette.core.tty")

local cli = {}

cli.COMMANDS = {
  { "serve", "Serve the explorer, GraphQL, metrics and scripts over HTTP", alias = "server" },
  { "repl", "Explore at a prompt, in Lua" },
  { "run", "Run a Lua script against the kernel" },
  { "query", "Answer a GraphQL query" },
  { "metrics", "Print the metrics that /metrics serves" },
  { "tool", "List and run tools: what runs, opens, waits, connects", subs = true },
  { "top", "Watch the cost of programs" },
  { "sampler", "Show and change how a server samples the cost of programs", subs = true },
  { "check", "Check what this host offers, and what each missing feature costs" },
  { "prog", "List and show programs", alias = "progs", subs = true },
  { "map", "List, read and change maps", alias = "maps", subs = true },
  { "link", "List, show and detach links", alias = "links", subs = true },
  { "build", "Compile a BPF program, with a vmlinux.h of the running kernel" },
  { "object", "Show BPF object files, and what the verifier says of them", subs = true },
  { "attach", "List every attach point, with or without a link", subs = true },
  { "leaks", "List objects that seem forgotten" },
  { "btf", "List BTF objects and print their types as C", subs = true },
  { "feature", "List the BPF features of the running kernel" },
  { "inspect", "Lists in dev-agent's spelling: inspect progs list, inspect maps list" },
  { "mcp", "Answer agents by the Model Context Protocol" },
  { "token", "Make a token for a server with several users" },
  { "completion", "Print a shell's completion of this command line" },
  { "help", "Explain a command" },
  { "version", "Print the version" },
}

local function entry_of(name)
  for _, entry in ipairs(cli.COMMANDS) do
    if entry[1] == name or entry.alias == name then return entry end
  end
  return nil
end

--- The module of a command.
---@param name string
---@return table
function cli.module(name) return require("lunette.cli." .. name) end

-- An option's label as other tools write it, "-i, --interval SECONDS"; argparse has a line for each
-- spelling.
local function label(option)
  local words = option:_get_argument_list()
  table.insert(words, 1, table.concat(option._public_aliases, ", "))
  return { table.concat(words, " ") }
end

--- The parser of all commands; only the named command's arguments are added ("*": those of all).
---@param name string|nil
function cli.parser(name)
  local argparse = require("argparse")
  local parser = argparse("lunette", "A scriptable eBPF explorer.")
  parser:help_max_width(80)
  parser:epilog(exit.TEXT .. "\nlunette help COMMAND explains one of them.")
  parser:option("--root", "Read Lua and web files from DIR, not from the binary; it comes before "
    .. "all other words."):argname("DIR"):convert(function()
    return nil, "--root DIR has to come before all other words"
  end)
  local version = parser:flag("--version", "Print the version."):action(function()
    output.line("lunette " .. require("lunette").version)
    os.exit(exit.OK)
  end)
  getmetatable(version)._get_label_lines = label
  parser:command_target("command")
  for _, entry in ipairs(cli.COMMANDS) do
    local words = entry.alias and entry[1] .. " " .. entry.alias or entry[1]
    local command = parser:command(words):summary(entry[2]):description(entry[2] .. ".")
    if entry[1] == name or name == "*" then
      cli.module(entry[1]).configure(command)
    end
  end
  return parser
end

-- argparse takes every word with a dash for an option. A negative number is hidden from it behind
-- this byte.
local HIDDEN = "\1"

local function hide(words)
  local hidden = {}
  for i, word in ipairs(words) do hidden[i] = word:match("^%-%.?%d") and HIDDEN .. word or word end
  return hidden
end

local function unhide(value)
  if type(value) == "string" then return (value:gsub("^" .. HIDDEN, "")) end
  if type(value) ~= "table" then return value end
  for name, part in pairs(value) do value[name] = unhide(part) end
  return value
end

-- Ends argparse's message with a stop and a hint to --help.
local function usage_error(message, words, entry)
  local where = "lunette help" .. (entry and " " .. entry[1] or "")
  local sub = entry and entry.subs and words[2]
  local known = sub and sub:match("^%a+$") and not message:find("command", 1, true)
  if known then where = where .. " " .. sub end
  message = message:gsub("\nDid you mean ", ": did you mean "):gsub("\n.*", ""):gsub(HIDDEN, "")
  exit.fail(exit.USAGE, "%s (see '%s')", message, where)
end

local function parse(words, entry)
  local ok, args = cli.parser(entry and entry[1]):pparse(hide(words))
  if not ok then usage_error(tostring(args), words, entry) end
  return unhide(args)
end

local function dispatch(words)
  local entry = words[1] and entry_of(words[1])
  if not words[1] then
    output.line(cli.parser():get_help())
    return exit.USAGE
  end
  if not entry then
    parse(words) -- --help, --version, or an error with suggestions
    return exit.OK
  end
  local command = cli.module(entry[1])
  if command.before then command.before(words) end
  if command.raw then return command.run(table.pack(table.unpack(words, 2))) end
  return command.run(parse(words, entry))
end

local function on_error(err)
  local failure = exit.failure(err)
  if failure then return failure end
  return { code = exit.FAILED, message = require("lunette.runtime.errors").trace(err, 2) }
end

-- Rules in dev-agent's spelling may begin with a dash ("-:AT_.*:string"), which argparse takes for
-- an option. Joined to the option by "=", the rule is its value.
local JOINED = { ["--etm"] = true, ["--entries-to-metrics"] = true }

local function joined(argv)
  local words, i = {}, 1
  while i <= #argv do
    if JOINED[argv[i]] and argv[i + 1] then
      words[#words + 1] = argv[i] .. "=" .. argv[i + 1]
      i = i + 1
    else
      words[#words + 1] = argv[i]
    end
    i = i + 1
  end
  return words
end

-- Flushes stdout. A failed write, on a full disk for example, makes the exit code an error.
local function flushed(code)
  if not tty.failed() then return code end
  return nil, { code = exit.FAILED, message = "the output can't be written (is the disk full?)" }
end

--- Runs the command line; argv[1] is the command.
---@param argv string[]
---@return integer code
function cli.main(argv)
  local words = joined(argv)
  local ok, result = xpcall(dispatch, on_error, words)
  local code, failure = flushed(ok and (result or exit.OK) or result.code)
  failure = ok and failure or not ok and result
  if not failure then return code end
  output.note(failure.message)
  return failure.code
end

return cli
