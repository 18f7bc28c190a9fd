-- Cursors of table pages as text: where the next page begins. In the map's order it is a kernel
-- position; in a column's order the last row's rank and key; when all rows were read, the number of
-- rows before.

local decode = require("lunette.decode")

local page_cursor = {}

local function bytes_of(hex)
  if #hex % 2 == 1 or hex:find("%X") then return nil end
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function refuse(text, what)
  error(("after: '%s' is not a valid cursor for %s table"):format(text, what), 0)
end

--- The number of rows before: "@100".
---@param text string|nil
---@return integer
function page_cursor.count(text)
  if not text then return 0 end
  local count = math.tointeger(tonumber(text:match("^@(%d+)$") or ""))
  if not count then refuse(text, "a sorted") end
  return count
end

--- Raises: the text is no position in a map's own order.
---@param text string
function page_cursor.refuse(text) refuse(text, "an unsorted") end

--- A kernel position, in hex.
---@param text string|nil
---@return string|nil
function page_cursor.position(text)
  if not text then return nil end
  return bytes_of(text) or page_cursor.refuse(text)
end

--- The last row of a sorted page: "@100:RANK:KEY", rank and key in hex.
---@param text string|nil
---@param key_size integer
---@return { count: integer, rank: string?, key: string? } row of which there were `count` before
function page_cursor.row(text, key_size)
  if not text then return { count = 0 } end
  local count, rank, key = text:match("^@(%d+):(%x+):(%x+)$")
  local row = { count = math.tointeger(tonumber(count)), rank = rank and bytes_of(rank),
    key = key and bytes_of(key) }
  if not row.count or not row.rank or not row.key or #row.key ~= key_size then
    refuse(text, "a sorted")
  end
  return row
end

--- The cursor after a row.
---@param count integer rows up to it
---@param rank string
---@param key string
---@return string
function page_cursor.write(count, rank, key)
  return ("@%d:%s:%s"):format(count, decode.format(rank, "HEX"), decode.format(key, "HEX"))
end

return page_cursor
