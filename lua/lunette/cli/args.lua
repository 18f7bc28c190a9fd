-- Arguments shared by several commands.

local exit = require("lunette.cli.exit")

local args = {}

local JSON = "Print JSON: what GraphQL returns, by the same names."

--- -j: JSON.
function args.json(command)
  command:flag("-j --json", JSON)
  return command
end

--- Adds -j, --csv and, with a help text, --ndjson; at most one may be given.
---@param opts? { json: string?, csv: string?, ndjson: string? } their help
function args.formats(command, opts)
  opts = opts or {}
  local flags = { command:flag("-j --json", opts.json or JSON),
    command:flag("--csv", opts.csv or "Print CSV.") }
  if opts.ndjson then flags[3] = command:flag("--ndjson", opts.ndjson) end
  command:mutex(table.unpack(flags))
  command:option("--guard", "In CSV, write a ' before text that a spreadsheet would run as a "
    .. "formula (=, +, -, @ in front): yes or no (yes when the output is a file).")
    :choices { "yes", "no" }
  return command
end

--- Adds --script: loads scripts, so that their decoders, rules and fields apply.
function args.scripts(command)
  command:option("--script", "Load a script, or all of a folder (may be repeated).")
    :argname("FILE|DIR"):count("*")
  return command
end

--- Adds the options that filter a list.
function args.filter(command, what)
  command:argument("search", ("List only %s in which this text is found."):format(what)):args("?")
  command:option("--name", "List only objects of this name, or of a glob such as "
    .. "'AT_*'."):argname("NAME")
  command:option("--type", "List only objects of this type, in the kernel's or cilium's spelling.")
    :argname("TYPE")
  command:flag("--no-own", "Leave out Lunette's own objects.")
  return command
end

--- The filter as a GraphQL argument.
---@param given table the parsed arguments
---@return table
function args.filter_input(given)
  local filter = { search = given.search, name = given.name, type = given.type }
  if given.no_own then filter.own = false end
  return filter
end

--- Converts an option's whole number, for argparse.
---@param text string
---@return integer|nil, string?
function args.count(text)
  local n = math.tointeger(tonumber(text))
  if n and n >= 0 then return n end
  return nil, ("'%s' is not a whole number of 0 or more"):format(text)
end

--- Converts an option's seconds; more than 0.
---@param text string
---@return number|nil, string?
function args.seconds(text)
  local n = tonumber(text)
  if n and n > 0 then return n end
  return nil, ("'%s' is not a number of seconds above 0"):format(text)
end

--- The token from a file, else from $LUNETTE_TOKEN, else nil.
---@param path string|nil
---@return string|nil
function args.token(path)
  if not path then
    local token = os.getenv("LUNETTE_TOKEN")
    return token and #token >= 8 and token or nil
  end
  local file <close>, err = io.open(path)
  if not file then exit.fail(exit.MISSING, "%s", err) end
  local mode = require("lunette.core.files").mode(path)
  if mode and mode & 7 ~= 0 then
    exit.fail(exit.USAGE, "%s: every user can read or write this file (mode %03o): chmod 600 %s",
      path, mode, path)
  end
  local token = (file:read("a") or ""):match("^%s*(.-)%s*$")
  if #token < 8 or token:find("[%s%c]") then
    exit.fail(exit.USAGE, "%s: the file must hold one word of at least 8 characters", path)
  end
  return token
end

return args
