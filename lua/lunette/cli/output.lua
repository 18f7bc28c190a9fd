-- What commands print for machines: JSON, indented on a terminal; and streams.

local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local tty = require("lunette.core.tty")

local output = {}

--- JSON text with a line an item. Its texts are kept as they are.
---@param text string
---@return string
function output.indent(text)
  local parts, depth, at = {}, 0, 1
  local function add(part) parts[#parts + 1] = part end
  local function newline() add("\n" .. ("  "):rep(depth)) end
  while at <= #text do
    local c = text:sub(at, at)
    local stop = at
    if c == '"' then
      stop = at + 1
      while text:sub(stop, stop) ~= '"' do
        stop = text:find('["\\]', stop)
        if text:sub(stop, stop) == "\\" then stop = stop + 2 end
      end
      add(text:sub(at, stop))
    elseif (c == "{" or c == "[") and text:find("^[%]}]", at + 1) then
      stop = at + 1
      add(text:sub(at, stop))
    elseif c == "{" or c == "[" then
      depth = depth + 1
      add(c)
      newline()
    elseif c == "}" or c == "]" then
      depth = depth - 1
      newline()
      add(c)
    elseif c == "," then
      add(c)
      newline()
    elseif c == ":" then
      add(": ")
    else
      stop = text:find("[,%]}]", at) or #text + 1
      stop = stop - 1
      add(text:sub(at, stop))
    end
    at = stop + 1
  end
  return table.concat(parts)
end

--- Prints a value as JSON.
---@param value any
function output.json(value)
  local text = json.encode(value)
  if tty.isatty(1) then text = output.indent(text) end
  io.write(text, "\n")
end

--- Writes a C stream to stdout, a piece at a time; says on a terminal how far it is, when
--- the output goes elsewhere.
---@param source userdata
function output.stream(source)
  local progress = tty.isatty(2) and not tty.isatty(1)
  local bytes, shown = 0, tty.now()
  for chunk in function() return source:read() end do
    if not io.write(chunk) then exit.fail(exit.FAILED, "the output can't be written") end
    bytes = bytes + #chunk
    if progress and tty.now() - shown > 0.5 then
      shown = tty.now()
      io.stderr:write(("\r%.1f MB "):format(bytes / 1e6))
    end
  end
  if progress and bytes > 0 then io.stderr:write("\r\27[K") end
  local note = source:note()
  if note then io.stderr:write("lunette: ", note, "\n") end
  source:close()
end

return output
