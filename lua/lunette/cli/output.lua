-- All output of commands: text, JSON (indented on a terminal), streams, and notes on stderr. All of
-- it may contain foreign text, so control characters are escaped.

local lunette = require("lunette")
local escape = require("lunette.runtime.escape")
local exit = require("lunette.cli.exit")
local glyphs = require("lunette.cli.glyphs")
local json = require("lunette.runtime.json")
local tty = require("lunette.core.tty")

local output = {}

local PIECE <const> = 8 << 20 -- bytes that C writes before it returns

--- Prints text, with control characters escaped.
---@param text string
function output.text(text)
  text = escape.lines(text)
  io.write(tty.isatty(1) and glyphs.fit(text) or text)
end

--- Prints one or more lines for people.
---@param text string
function output.line(text) output.text(text .. "\n") end

--- Prints a note on stderr, after the program's name.
---@param text string
function output.note(text) io.stderr:write("lunette: ", escape.lines(text), "\n") end

--- True when CSV cells are guarded against spreadsheet formulas: by --guard, else when stdout is a
--- file.
---@param given { guard: string? }
---@return boolean
function output.guards(given)
  if given.guard then return given.guard == "yes" end
  return tty.isfile(1)
end

--- Prints a line on stderr in place of an empty result.
---@param text string
function output.aside(text) io.stderr:write(escape.lines(text), "\n") end

--- Indents JSON text: one item per line. Strings are not touched.
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

--- Prints JSON text.
---@param text string
function output.json_text(text)
  io.write(tty.isatty(1) and escape.json(output.indent(text)) or text, "\n")
end

--- Prints a value as JSON.
---@param value any
function output.json(value) output.json_text(json.encode(value)) end

--- Prints a piece of JSON unchanged.
---@param text string
function output.json_part(text) io.write(tty.isatty(1) and escape.json(text) or text) end

--- Prints a value as JSON on one line.
---@param value any
function output.json_line(value) output.json_part(json.encode(value) .. "\n") end

-- A writer for a terminal: holds back a piece's bytes after its last ASCII character until the next
-- piece, because a multi-byte character may be incomplete. nil ends the text.
local function escaped(write)
  local kept = ""
  return function(chunk)
    local text = kept .. (chunk or "")
    local stop = chunk and text:match("^.*[\0-\127]()") or #text + 1
    kept = text:sub(chunk and stop or #text + 1)
    return io.write(write(text:sub(1, stop - 1)))
  end
end

-- A function that writes a stream's next piece to stdout: whether there is more, and the bytes; nil
-- and an error, or nil alone when stdout takes no more.
local function piecewise(source, is_json)
  if not tty.isatty(1) and source.write then
    return function() return source:write(io.stdout, PIECE) end
  end
  local write = not tty.isatty(1) and io.write or escaped(is_json and escape.json or escape.lines)
  return function()
    local chunk, err = source:read()
    if err then return nil, err end
    if not chunk and tty.isatty(1) then write(nil) end
    if chunk and not write(chunk) then return nil end
    return chunk ~= nil, chunk and #chunk or 0
  end
end

--- Writes a C stream to stdout in pieces. Shows the progress on the terminal when stdout is
--- redirected.
---@param source userdata
---@param is_json boolean? the text is JSON, in which characters are escaped by its own rules
---@return integer bytes
function output.stream(source, is_json)
  local step, progress = piecewise(source, is_json), tty.isatty(2) and not tty.isatty(1)
  local bytes, shown = 0, lunette.now()
  repeat
    local more, count = step()
    if more == nil and count then
      exit.fail(exit.code_of(count), "the output is incomplete: %s", count)
    end
    if more == nil then exit.fail(exit.FAILED, "the output can't be written") end
    bytes = bytes + count
    if progress and lunette.now() - shown > 0.5 then
      shown = lunette.now()
      io.stderr:write(("\r%.1f MB "):format(bytes / 1e6))
    end
  until not more
  if progress and bytes > 0 then io.stderr:write("\r\27[K") end
  local note = source:note()
  if note then output.note(note) end
  source:close()
  return bytes
end

return output
