-- Formats any value for the REPL. Tables are on one line when they fit, with sorted keys (or in
-- json.shape's order); cycles and lengths are limited. Bytes that are no text are shown in hex,
-- handles by their own description.

local escape = require("lunette.runtime.escape")
local float = require("lunette.runtime.float")

local inspect = {}

local DEFAULTS = { width = 80, depth = 6, items = 200, text = 2000 }

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]):gmatch("%a+") do KEYWORDS[word] = true end

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

local function quoted(text)
  return '"' .. escape.terminal((text:gsub('[\n\t\r"\\]', ESCAPES))) .. '"'
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x "):format(c:byte()) end):sub(1, -2))
end

local function is_text(bytes)
  return utf8.len(bytes) ~= nil and not bytes:find("[%z\1-\8\11\12\14-\26\28-\31\127]")
end

--- Bytes as a quoted text; trailing NULs are counted; bytes that are no text as hex.
---@param bytes string
---@param limit integer|nil
---@return string
function inspect.bytes(bytes, limit)
  limit = limit or DEFAULTS.text
  local more = #bytes > limit and (" … %d bytes in all"):format(#bytes) or ""
  local head = bytes:sub(1, limit)
  if more ~= "" and utf8.len(bytes) then
    head = bytes:sub(1, utf8.offset(bytes, 0, limit + 1) - 1)
  end
  if is_text(head) then return quoted(head) .. more end
  local text, nuls = head:match("^(.-)(%z+)$")
  if text and #text > 0 and is_text(text) then
    return ("%s + %d NUL%s"):format(quoted(text), #nuls, more)
  end
  return ("<%s>%s"):format(hex(head:sub(1, limit // 4)),
    #head > limit // 4 and (" … %d bytes in all"):format(#bytes) or more)
end

-- A large negative number may be a u64: unless its type is known, both values are shown.
local function number(x, wide)
  if wide == "u64" and math.type(x) == "integer" then return ("%u"):format(x) end
  if wide ~= "i64" and math.type(x) == "integer" and x < -0x80000000 then
    return ("%d (as u64 %u)"):format(x, x)
  end
  if math.type(x) ~= "float" or x ~= x or math.abs(x) == math.huge then return tostring(x) end
  local text = float.text(x)
  return text:find("^-?%d+$") and text .. ".0" or text
end

local function by_kind(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  if ta == "number" or ta == "string" then return a < b end
  return tostring(a) < tostring(b)
end

-- The keys after the list part, sorted.
local function keys_of(t, length)
  local keys, seen = {}, {}
  local meta = debug.getmetatable(t)
  local order = type(meta) == "table" and rawget(meta, "order")
  for _, key in ipairs(type(order) == "table" and order or {}) do
    if rawget(t, key) ~= nil then
      keys[#keys + 1] = key
      seen[key] = true
    end
  end
  local rest = {}
  for key in next, t do
    local listed = math.type(key) == "integer" and key >= 1 and key <= length
    if not listed and not seen[key] then rest[#rest + 1] = key end
  end
  table.sort(rest, by_kind)
  return table.move(rest, 1, #rest, #keys + 1, keys)
end

local Writer = {}
Writer.__index = Writer

function Writer:key(key)
  if type(key) == "string" and key:match("^[%a_][%w_]*$") and not KEYWORDS[key] then
    return key
  end
  return "[" .. self:value(key, self.opts.depth, 0) .. "]"
end

local function one_line(parts)
  return #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
end

-- The width of a text; nil when it has several lines.
local function columns(text)
  if text:find("\n", 1, true) then return nil end
  return utf8.len(text) or #text
end

function Writer:table(t, depth, indent, wide)
  if self.path[t] then return "<the table around>" end
  if depth >= self.opts.depth then return next(t) == nil and "{}" or "{ … }" end
  self.path[t] = true
  local parts, length = {}, rawlen(t)
  for i = 1, math.min(length, self.opts.items) do
    parts[i] = self:value(rawget(t, i), depth + 1, indent + 2, wide)
  end
  if length > self.opts.items then
    parts[#parts + 1] = ("… %d more"):format(length - self.opts.items)
  end
  local keys = keys_of(t, length)
  for i, key in ipairs(keys) do
    if i > self.opts.items then
      parts[#parts + 1] = ("… %d more"):format(#keys - self.opts.items)
      break
    end
    local name = self:key(key)
    local inside = type(wide) == "table" and wide[key] or nil
    parts[#parts + 1] = name .. " = " .. self:value(rawget(t, key), depth + 1, indent + 2, inside)
  end
  self.path[t] = nil
  local line = one_line(parts)
  local width = columns(line)
  if width and indent + width <= self.opts.width then return line end
  local pad = (" "):rep(indent)
  return "{\n" .. pad .. "  " .. table.concat(parts, ",\n" .. pad .. "  ") .. "\n" .. pad .. "}"
end

local function function_text(fn)
  local info = debug.getinfo(fn, "S")
  if info.what == "C" then return "<built-in function>" end
  return ("<function %s:%d>"):format(escape.terminal(info.short_src), info.linedefined)
end

function Writer:value(value, depth, indent, wide)
  local kind = type(value)
  if kind == "string" then return inspect.bytes(value, self.opts.text) end
  if kind == "number" then return number(value, wide) end
  if kind == "function" then return function_text(value) end
  if kind == "userdata" and value == self.null then return "null" end
  local meta = debug.getmetatable(value)
  if type(meta) == "table" and rawget(meta, "__tostring") then
    local ok, text = pcall(tostring, value)
    return ok and ("<%s>"):format(escape.terminal(text)) or "<" .. kind .. ">"
  end
  if kind == "table" then return self:table(value, depth, indent, wide) end
  if kind == "userdata" or kind == "thread" then return "<" .. tostring(value) .. ">" end
  return tostring(value)
end

--- A value as text.
---@param value any
---@param opts { width: integer?, depth: integer?, items: integer?, text: integer?, wide: any }|nil
---  wide: which of its integers are "u64" or "i64", by field, as Plan:columns says
---@return string
function inspect.format(value, opts)
  local writer = setmetatable({
    opts = setmetatable(opts or {}, { __index = DEFAULTS }), path = {},
    null = require("lunette.runtime.json").null,
  }, Writer)
  return writer:value(value, 0, 0, writer.opts.wide)
end

return setmetatable(inspect, { __call = function(_, value, opts)
  return inspect.format(value, opts)
end })
