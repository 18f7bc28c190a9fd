-- Keys and values given on the command line: decoded by the map's decoder, as JSON when they have
-- several fields, or as hex, string or number.

local decode = require("lunette.decode")
local tables = require("lunette.table")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")

local input = {}

local FORMATS = { hex = "HEX", string = "STRING", number = "NUMBER" }

local HOW = "as the decoder in force reads it: a plain word, or JSON where it has fields."

--- Adds the argument KEY and its format option.
function input.key(command)
  command:argument("key", "The key, " .. HOW)
  command:option("--key-format", "Read the key as hex, string or number."):choices {
    "hex", "string", "number" }
end

--- Adds the argument VALUE and its format option.
function input.value(command)
  command:argument("value", "The value, " .. HOW)
  command:option("--value-format", "Read the value as hex, string or number."):choices {
    "hex", "string", "number" }
end

-- The word as a JSON value: parsed when it looks like JSON, else a string. For a text field any
-- word that is no JSON string is taken literally.
local function typed(word, columns)
  if word:match('^%s*[{%["]') then
    local value, err = json.decode(word)
    local text = #columns == 1 and columns[1].type == "cstring"
    if not text or type(value) == "string" then return value, err end
    if type(value) == "table" and value[columns[1].name] ~= nil then return value end
    return word
  end
  local bool = #columns == 1 and columns[1].type == "bool"
  if bool and (word == "true" or word == "false") then return word == "true" end
  return word
end

--- The bytes of a key or value; ends the command when the word is invalid.
---@param name string for the message
---@param word string
---@param columns table[] of the decoder
---@param size integer
---@param format string|nil
---@param before string|nil the bytes of fields that are not given
---@return string
function input.bytes(name, word, columns, size, format, before)
  local bytes, err
  if format then
    bytes, err = decode.parse(word, FORMATS[format], size)
    err = err and ("%s: %s"):format(name, err)
  else
    local value
    value, err = typed(word, columns)
    if value ~= nil then bytes, err = tables.encode(name, value, columns, size, before)
    else err = ("%s: %s"):format(name, err) end
  end
  if not bytes then exit.fail(exit.USAGE, "%s", err) end
  return bytes
end

return input
