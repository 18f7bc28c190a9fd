-- Converts the filter and sort options of `map dump` to GraphQL arguments.

local exit = require("lunette.cli.exit")

local where = {}

-- Longer operators first.
local OPS = {
  { "==", "EQ" }, { "!=", "NE" }, { "<=", "LE" }, { ">=", "GE" }, { "=~", "MATCHES" },
  { "*=", "CONTAINS" }, { "^=", "STARTS" }, { "<", "LT" }, { ">", "GT" }, { "=", "EQ" },
}

--- For --help.
where.HELP = "Only rows for which this holds, such as 'calls > 100': a column, one of == != < <= "
  .. "> >= *= (contains) ^= (begins with) =~ (Lua pattern), a value; '&&' and '||' between "
  .. "conditions (may be repeated: all must hold)."

local function unquote(text) return text:match('^"(.*)"$') or text:match("^'(.*)'$") or text end

-- Splits a condition at its first operator.
local function split(text)
  local best, at
  for _, op in ipairs(OPS) do
    local start = text:find(op[1], 1, true)
    if start and (not at or start < at) then best, at = op, start end
  end
  if not best then return nil end
  return text:sub(1, at - 1):match("^%s*(.-)%s*$"), best[2],
    text:sub(at + #best[1]):match("^%s*(.-)%s*$")
end

local function condition(text)
  local column, op, value = split(text)
  if not column or column == "" or value == "" then
    exit.fail(exit.USAGE, "--where: '%s' is no condition such as 'calls > 100'", text)
  end
  return { column = column, op = op, value = unquote(value) }
end

-- Splits at an operator of two equal characters ("||", "&&") outside quotes.
local function split_at(text, operator)
  local parts, quote, from = {}, nil, 1
  for at, char in text:gmatch("()([\"'|&])") do
    if char == '"' or char == "'" then
      if not quote then quote = char elseif quote == char then quote = nil end
    elseif not quote and at >= from and text:sub(at, at + 1) == operator then
      parts[#parts + 1] = text:sub(from, at - 1)
      from = at + 2
    end
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

-- "a && b || c": && binds more tightly, as in C.
local function alternative(text)
  local all = split_at(text, "&&")
  for i, one in ipairs(all) do all[i] = condition(one) end
  return #all > 1 and { all = all } or all[1]
end

--- Converts conditions to TableFilter inputs.
---@param texts string[]
---@return table[]|nil
function where.filter(texts)
  local filter = {}
  for i, text in ipairs(texts) do
    local any = split_at(text, "||")
    for j, one in ipairs(any) do any[j] = alternative(one) end
    filter[i] = #any > 1 and { any = any } or any[1]
  end
  return #filter > 0 and filter or nil
end

--- Converts COLUMN, COLUMN:asc or COLUMN:desc to a TableSort input.
---@param text string|nil
---@return table|nil
function where.sort(text)
  if not text then return nil end
  local column, order = text:match("^(.*):(%a+)$")
  local orders = { asc = "ASC", desc = "DESC" }
  if column and orders[order] then return { column = column, order = orders[order] } end
  return { column = text, order = "DESC" }
end

local FORMATS = { hex = "HEX", string = "STRING", number = "NUMBER" }

--- Parses hex, string or number, or two of them as KEY:VALUE; nil means the decoder in force.
---@param text string|nil
---@return string|nil key, string|nil value
function where.formats(text)
  if not text then return nil, nil end
  local key, value = text:match("^(%a+):(%a+)$")
  key, value = FORMATS[key or text], FORMATS[value or text]
  if not key or not value then
    exit.fail(exit.USAGE, "--decode: '%s' is none of hex, string, number, or KEY:VALUE of these",
      text)
  end
  return key, value
end

return where
