-- The source texts of documents, and the line and column of a byte as GraphQL counts them (from 1,
-- columns in UTF-16 units, lines end with LF, CR or CRLF).
-- A node carries one number, that of its first byte. Documents that are joined (a schema and its
-- extensions) are parsed with different bases, so that a number also says which text it belongs to.

local source = {}

--- A text and the number of its first byte.
---@param body string
---@param name string|nil
---@param base integer|nil numbers before this belong to other texts
---@return table
function source.new(body, name, base)
  return { body = body, name = name or "GraphQL request", base = base or 0 }
end

-- The UTF-16 units in a piece of UTF-8, as JavaScript counts them.
local function utf16_units(text)
  local units = 0
  for i = 1, #text do
    local byte = text:byte(i)
    if byte < 0x80 or byte >= 0xC0 then units = units + (byte >= 0xF0 and 2 or 1) end
  end
  return units
end

--- Line and column of a byte (from 1) of a text.
---@param body string
---@param at integer
---@return integer line, integer column
function source.position(body, at)
  local line, line_start, from = 1, 1, 1
  while true do
    local found = body:find("[\r\n]", from)
    if not found or found >= at then break end
    local crlf = body:byte(found) == 13 and body:byte(found + 1) == 10
    from = found + (crlf and 2 or 1)
    if from > at then break end
    line, line_start = line + 1, from
  end
  return line, utf16_units(body:sub(line_start, at - 1)) + 1
end

--- The text that a number belongs to.
---@param sources table[] in order of their base
---@param at integer
---@return table
function source.of(sources, at)
  for i = #sources, 2, -1 do
    if at > sources[i].base then return sources[i] end
  end
  return sources[1]
end

--- The line and column of a node's number, and its text.
---@param sources table[]
---@param at integer
---@return { line: integer, column: integer } location, table source
function source.locate(sources, at)
  local text = source.of(sources, at)
  local line, column = source.position(text.body, at - text.base)
  return { line = line, column = column }, text
end

return source
