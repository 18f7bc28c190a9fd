-- lunette tool: BPF tools by name. Their parameters are options, their rows lines.

local args = require("lunette.cli.args")
local bpf = require("bpf")
local exit = require("lunette.cli.exit")
local interrupt = require("lunette.core.interrupt")
local output = require("lunette.cli.output")
local params = require("lunette.tool.params")
local rows_out = require("lunette.cli.tool_rows")
local scripts = require("lunette.cli.scripts")
local tables = require("lunette.cli.table")
local tool = require("lunette.tool")
local tty = require("lunette.core.tty")
local where = require("lunette.cli.map.where")

local command = {}

local TAKEN = { d = true, i = true, j = true, h = true } -- letters of options that all tools have

local function convert(param)
  return function(text)
    -- A negative number is hidden from argparse behind a character.
    return params.read(param, (text:gsub("^\1", "")))
  end
end

local function letter(param)
  return param.short and not TAKEN[param.short] and ("-%s "):format(param.short) or ""
end

local function add_param(parser, param)
  local name = ("%s--%s"):format(letter(param), param.name:gsub("_", "-"))
  local help = param.help or ""
  if param.positional then
    parser:argument(param.name, help):target("param_" .. param.name):convert(convert(param))
    return
  end
  if param.type == "flag" then
    parser:flag(name, help):target("param_" .. param.name)
    return
  end
  if param.default ~= nil then help = ("%s (%s)"):format(help, tostring(param.default)) end
  parser:option(name, help):target("param_" .. param.name):convert(convert(param))
    :argname(param.argname or param.type == "text" and "TEXT" or "N")
end

local function mebibytes(text)
  local n = math.tointeger(tonumber(text))
  if n and n >= 1 and n <= 1024 and n & (n - 1) == 0 then return n << 20 end
  return nil, ("'%s' is not a power of two from 1 to 1024"):format(text)
end

-- What all tools have.
local function add_common(parser, spec)
  parser:option("-d --duration", "End after SECONDS."):argname("SECONDS"):convert(args.seconds)
  args.formats(parser, { json = "Print a JSON array.", ndjson = "Print one JSON object per line." })
  parser:option("--where", where.HELP):argname("CONDITION"):count("*")
  if spec.view ~= "histogram" then
    parser:option("--top", "Print only the N first rows by --sort, at the end."):argname("N")
      :convert(args.count)
    parser:option("--sort", "Sort rows by a column, at the end (COLUMN, COLUMN:asc).")
      :argname("COLUMN")
  end
  if spec.view == "table" or spec.view == "histogram" then
    local option = parser:option("-i --interval", "Print every SECONDS, and count anew.")
      :argname("SECONDS"):convert(args.seconds)
    if spec.interval then option:default(tostring(spec.interval)) end
    if spec.clears then
      parser:flag("-C --noclear", "Don't clear the screen."):target("noclear")
    end
  end
  if spec.view == "events" then
    parser:option("--buffer", "Let N MiB of events wait (a power of two)."):argname("N")
      :convert(mebibytes)
    parser:flag("--timestamp", "Print the time of day of each row.")
  end
end

local function add_bpftrace(parser)
  local sub = parser:command("bpftrace", "Run a bpftrace script, and show its maps while it runs.")
  sub:argument("file", "The script."):args("?")
  sub:option("-e", "Run this text."):argname("PROGRAM"):target("text")
  sub:option("-i --interval", "Print the maps every SECONDS."):argname("SECONDS")
    :convert(args.seconds)
  sub:option("-d --duration", "End after SECONDS."):argname("SECONDS"):convert(args.seconds)
end

--- A subcommand for each tool, those of scripts among them.
function command.configure(parser)
  parser:require_command(false):command_target("which")
  args.json(parser)
  args.scripts(parser)
  for _, spec in ipairs(tool.list()) do
    local sub = parser:command(spec.name, spec.help)
    for _, param in ipairs(spec.params) do add_param(sub, param) end
    add_common(sub, spec)
  end
  add_bpftrace(parser)
end

local function list(as_json)
  local rows = {}
  for i, spec in ipairs(tool.list()) do
    rows[i] = { name = spec.name, help = spec.help, view = spec.view }
  end
  rows[#rows + 1] = { name = "bpftrace", help = "Run a bpftrace script, and show its maps.",
    view = "maps" }
  if as_json then return output.json(rows) end
  tables.print({ { title = "TOOL", field = "name" }, { title = "WHAT IT SHOWS", field = "help" } },
    rows)
end

--- Scripts may declare the tool that is asked for: they are loaded before the words are read.
---@param words string[]
function command.before(words)
  local paths = {}
  for i, word in ipairs(words) do
    paths[#paths + 1] = word:match("^%-%-script=(.+)$") or word == "--script" and words[i + 1]
      or nil
  end
  scripts.load(paths)
end

local function start(spec, given)
  local values = {}
  for _, param in ipairs(spec.params) do values[param.name] = given["param_" .. param.name] end
  local running, err = tool.open(spec, values, given.buffer)
  if not running then exit.fail(exit.code_of(err), "%s", err) end
  return running
end

local function print_maps(script)
  output.line(os.date("%H:%M:%S"))
  for _, info in ipairs(script:maps()) do
    local map <close> = bpf.map(info.id)
    local text = map and require("lunette.decode.bpftrace_table").text(map)
    if text then output.line(text) end
  end
  io.flush()
end

-- bpftrace prints by itself what its script prints, and its maps at the end.
local function run_bpftrace(given)
  if (given.file == nil) == (given.text == nil) then
    exit.fail(exit.USAGE, "bpftrace: a file, or -e PROGRAM, is needed")
  end
  local words = given.text and { "-e", given.text } or { given.file }
  local script <close> = exit.check(require("lunette.tool.bpftrace").start(words))
  script:wait()
  local now = require("lunette").now
  local stop = given.duration and now() + given.duration or math.huge
  local due = given.interval and now() + given.interval or math.huge
  interrupt.gently(function()
    while script:runs() and now() < stop and not interrupt.asked() do
      if now() >= due then
        print_maps(script)
        due = now() + given.interval
      end
      tty.sleep(math.max(0, math.min(0.1, due - now(), stop - now())))
    end
  end)
  local by_itself = not script:runs()
  local ok, how, code = script:close()
  if by_itself and not ok then exit.fail(exit.FAILED, "bpftrace ended: %s %d", how, code) end
end

--- lunette tool [NAME …]
---@param given table
function command.run(given)
  if not given.which then return list(given.json) end
  if given.which == "bpftrace" then return run_bpftrace(given) end
  local spec = tool.find(given.which)
  local machine = given.json or given.ndjson or given.csv
  given.clear = spec.clears and not given.noclear and not machine and tty.isatty(1)
  local running <close> = start(spec, given)
  return rows_out.run(running, given)
end

return command
