-- Decoders for labels, with ebpf_exporter's names. Each is made from an argument and converts a
-- column's text; nil drops the series. They run once per label set, not per entry, so they cost
-- little.
-- The first decoder of a chain also gets the column's kind: bytes arrive as hex digits, which look
-- like a number.

local d = require("lunette.decode.combinators")
local bpf = require("bpf")
local core = require("lunette.core.metrics")
local names = require("lunette.metrics.names")
local pci = require("lunette.metrics.pci")
local u64 = require("lunette.runtime.u64")

local decoders = {}

-- name -> function(argument) -> function(text, kind) -> text | nil; raises on a bad argument
local makers = {}

local HEX = { bytes = true, hex = true }

-- The bytes of a bytes column; any other column's text.
local function bytes_of(text, kind)
  if not HEX[kind] then return text end
  return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- A column as a number; bytes are in this machine's byte order. nil: no number.
local function integer(text, kind)
  if HEX[kind] then
    local bytes = bytes_of(text, kind)
    return #bytes > 0 and #bytes <= 8 and string.unpack("<I" .. #bytes, bytes) or nil
  end
  return u64.integer(text) or math.tointeger(tonumber(text)) or nil
end

-- Decodes with a node of decode plans: the number's bytes, read as that kind.
local function by_plan(node)
  return function()
    local plan
    return function(text, kind)
      plan = plan or bpf.plan(d.spec(node), node.size)
      local number = integer(text, kind)
      if not number then return text end
      local shown = plan:decode(string.pack("<i8", number):sub(1, node.size))
      return tostring(shown)
    end
  end
end

makers.cgroup = by_plan(d.cgroup())
makers.errno = by_plan(d.errno())
makers.ifname = by_plan(d.ifindex())
makers.ksym = by_plan(d.ksym())
makers.syscall = by_plan(d.syscall(4))
makers.comm = by_plan(d.pid(4))

-- The two 32-bit forms of a device number: 12 and 20 bits inside the kernel; in stat() and in
-- ebpf_exporter's programs 8 bits of the minor, the major, and the rest of the minor. A number
-- without a major is no device.
local function device_forms(dev)
  local kernel = { dev >> 20, dev & 0xfffff }
  local stat = { dev >> 8 & 0xfff, dev & 0xff | dev >> 12 & 0xfff00 }
  return kernel[1] > 0 and { kernel, stat } or { stat }
end

-- A block device's name; its numbers when this machine has no such device.
function makers.majorminor()
  local shown = by_plan(d.dev())()
  return function(text, kind)
    local dev, numbers = integer(text, kind), nil
    if not dev then return text end
    for _, form in ipairs(device_forms(dev & 0xffffffff)) do
      local found, name = shown(tostring(form[1] << 20 | form[2])):match("^(%S+) ?(.*)$")
      if name ~= "" then return name end
      numbers = numbers or found
    end
    return numbers
  end
end

-- A DNS name in wire format: labels, each after its length. Any other text is kept.
function makers.dname()
  return function(text, kind)
    local bytes, at, parts = bytes_of(text, kind), 1, {}
    while at <= #bytes and bytes:byte(at) > 0 do
      local length = bytes:byte(at)
      if at + length > #bytes then return text end
      parts[#parts + 1] = bytes:sub(at + 1, at + length)
      at = at + 1 + length
    end
    return #parts > 0 and table.concat(parts, ".") or "."
  end
end

function makers.hex()
  return function(text, kind)
    local number = not HEX[kind] and integer(text)
    return number and ("%x"):format(number) or text
  end
end

function makers.inet_ip()
  local plans = { [4] = d.ipv4(), [16] = d.ipv6() }
  return function(text, kind)
    local number = not HEX[kind] and integer(text)
    local bytes = number and ("<I4"):pack(number & 0xffffffff) or bytes_of(text, kind)
    local node = plans[#bytes]
    return node and bpf.plan(d.spec(node), node.size):decode(bytes) or text
  end
end

-- A stack's frames, one per line as in ebpf_exporter: from d.stack(map), a list of symbols, or
-- 8-byte addresses that end at a 0.
function makers.kstack()
  local symbol = makers.ksym()
  return function(text, kind)
    if not HEX[kind] then return (text:gsub(";", "\n")) end
    local frames, bytes = {}, bytes_of(text, kind)
    for at = 1, #bytes - 7, 8 do
      local address = string.unpack("<i8", bytes, at)
      if address == 0 then break end
      frames[#frames + 1] = symbol(("%u"):format(address))
    end
    return table.concat(frames, "\n")
  end
end

for _, what in ipairs { "vendor", "device", "class", "subclass" } do
  makers["pci_" .. what] = function()
    return function(text, kind)
      local id = integer(text, kind)
      return id and pci[what](id) or text
    end
  end
end

-- Keeps a text that matches one of the patterns; with a group, the group's text.
function makers.regexp(patterns)
  if type(patterns) == "string" then patterns = { patterns } end
  if type(patterns) ~= "table" or #patterns == 0 then
    error("regexp: needs a pattern, or a list of them", 0)
  end
  local compiled = {}
  for i, pattern in ipairs(patterns) do
    compiled[i] = assert(core.regex(pattern))
  end
  return function(text)
    for _, regex in ipairs(compiled) do
      local whole, group = regex:match(text)
      if whole then return group or text end
    end
    return nil
  end
end

function makers.static_map(map)
  if type(map) ~= "table" then error("static_map: needs a table", 0) end
  for key in pairs(map) do
    if math.type(key) == "float" then
      error(("static_map: the key %s is no whole number of 64 bits; write one of 2^63 and more in "
        .. "hex (0xffffffffffffffff) or as text"):format(key), 0)
    end
  end
  local unknown, allowed = map.unknown, map.allow_unknown
  for from, to in pairs(map) do
    local text, err = names.label_text(to)
    if not text then error(("static_map: '%s' %s"):format(tostring(from), err), 0) end
  end
  return function(text, kind)
    local found = map[text] or map[integer(text, kind) or false]
    if found ~= nil then return names.label_text(found) end
    if allowed == true then return text end
    return unknown and tostring(unknown) or "unknown:" .. text
  end
end

function makers.string()
  return function(text, kind) return (bytes_of(text, kind):gsub("%z.*$", "")) end
end

function makers.uint()
  return function(text, kind)
    local number = integer(text, kind)
    return number and ("%u"):format(number) or nil
  end
end

--- The names of all decoders, sorted.
---@return string[]
function decoders.names()
  local list = {}
  for name in pairs(makers) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local WITH_ARGUMENT = { regexp = true, static_map = true }

-- An error about a part of a decoder's spec that would have no effect.
local function surplus(spec, name)
  if type(spec) ~= "table" then return nil end
  for field in pairs(spec) do
    if field ~= 1 and not (field == 2 and WITH_ARGUMENT[name]) then
      return field == 2 and ("decoder '%s' takes no argument"):format(name)
        or ("decoder '%s': no field '%s'"):format(name, tostring(field))
    end
  end
  return nil
end

--- Makes a decoder from "ksym", { "static_map", { … } }, or a function of the text.
---@param spec string|table|function
---@return (fun(text: string, kind?: string): string|nil)|nil decode, string? err
function decoders.make(spec)
  if type(spec) == "function" then return spec end
  local name = type(spec) == "table" and spec[1] or spec
  local maker = makers[name]
  if not maker then
    return nil, ("no decoder '%s' (there are: %s)"):format(tostring(name),
      table.concat(decoders.names(), ", "))
  end
  local wrong = surplus(spec, name)
  if wrong then return nil, wrong end
  local ok, made = pcall(maker, type(spec) == "table" and spec[2] or nil)
  if not ok then return nil, tostring(made) end
  return made
end

return decoders
