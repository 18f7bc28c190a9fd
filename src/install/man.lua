-- Writes the man pages into a folder, from the tables that --help prints:
-- lunette run src/install/man.lua FOLDER

local cli = require("lunette.cli")
local exit = require("lunette.cli.exit")
local lunette = require("lunette")

local folder = assert(arg[1], "the folder is missing")

-- roff takes a line that begins with a dot or a quote for a command of its own.
local function escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\n([.'])", "\n\\&%1")
  return (text:gsub("^([.'])", "\\&%1"))
end

local function usage(parser)
  return (parser:get_usage():gsub("^Usage: ", ""):gsub("%s*\n%s*", " "))
end

local function visible(list)
  local shown = {}
  for _, element in ipairs(list) do
    if not element._hidden then shown[#shown + 1] = element end
  end
  return shown
end

local function items(add, list)
  for _, element in ipairs(visible(list)) do
    local label = table.concat(element:_get_label_lines(), " "):gsub("%s+", " ")
    add(".TP\n.B " .. escape(label) .. "\n" .. escape(element:_get_description()))
  end
end

-- The text behind the options: examples are indented, the rest is prose.
local function epilog(add, text)
  if not text then return end
  for line in (text .. "\n"):gmatch("(.-)\n") do
    if line:match("^  ") then add(".nf\n" .. escape(line) .. "\n.fi")
    elseif line == "" then add(".PP")
    elseif line ~= exit.TEXT then add(escape(line)) end
  end
end

local function body(add, parser)
  if #visible(parser._arguments) > 0 then
    add(".PP\nArguments:")
    items(add, parser._arguments)
  end
  if #visible(parser._options) > 0 then
    add(".PP\nOptions:")
    items(add, parser._options)
  end
  if parser._epilog then
    add(".PP")
    epilog(add, parser._epilog)
  end
end

local function sentence(parser) return parser._description or parser._summary or "" end

local function write(name, summary, parser, fill)
  local lines = {}
  local function add(text) lines[#lines + 1] = text end
  add(('.TH %s 8 "" "Lunette %s" "Lunette"\n.ad l\n.nh'):format(name:upper(), lunette.version))
  add(".SH NAME\n" .. escape(name .. " - " .. summary:gsub("%.$", "")))
  add(".SH SYNOPSIS\n.B " .. escape(usage(parser)))
  fill(add)
  add(".SH EXIT STATUS\n" .. escape(exit.TEXT:gsub("^Exit codes: ", "")))
  add(".SH SEE ALSO\n" .. (name == "lunette" and ".BR bpftool (8)" or ".BR lunette (8)"))
  local file <close> = assert(io.open(("%s/%s.8"):format(folder, name), "w"))
  assert(file:write(table.concat(lines, "\n"), "\n"))
end

local function command_page(command)
  write("lunette-" .. command._name, sentence(command), command, function(add)
    add(".SH DESCRIPTION\n" .. escape(sentence(command)))
    body(add, command)
    for _, sub in ipairs(visible(command._commands)) do
      add((".SH \"%s %s\"\n%s"):format(command._name:upper(), sub._name:upper(),
        escape(sentence(sub))))
      add(".PP\n.B " .. escape(usage(sub)))
      body(add, sub)
    end
  end)
end

local parser = cli.parser("*")
write("lunette", "A scriptable eBPF explorer", parser, function(add)
  add(".SH DESCRIPTION")
  add(escape("Lunette shows the BPF programs, maps, links and types that the kernel holds, decodes "
    .. "maps with Lua, and gives them out as GraphQL, Prometheus metrics, a web page, a prompt and "
    .. "tables. It needs root, or CAP_SYS_ADMIN."))
  add(".SH OPTIONS")
  items(add, parser._options)
  add(".SH COMMANDS\n" .. escape("Each has a page of its own: man lunette-COMMAND."))
  items(add, parser._commands)
  add(".SH ENVIRONMENT\n.TP\n.B LUNETTE_LOG")
  add("The least level of the log: debug, info, warning, error.")
  add(".TP\n.B LUNETTE_TOKEN\nThe token of a server, where no file names it.")
  add(".SH FILES\n.TP\n.I /etc/default/lunette\nOptions of the service.")
  add(".TP\n.I /etc/lunette/scripts\nScripts that the service loads.")
end)
for _, command in ipairs(visible(parser._commands)) do command_page(command) end
