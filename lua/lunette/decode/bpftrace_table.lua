-- A bpftrace map by its script: the several entries per key of avg, stats and histograms are
-- merged. Also as the text that bpftrace prints when it exits.

local bpftrace = require("lunette.decode.bpftrace")
local json = require("lunette.runtime.json")

local bpftrace_table = {}

local BAR = 52

local row_shape = json.shape { "key", "value", "count", "total", "average", "buckets" }
local bucket_shape = json.shape { "range", "count" }

local IN_PARTS = { avg = true, stats = true }
local IN_BUCKETS = { hist = true, lhist = true }

-- Splits a key into the list of its parts and the slot.
local function split_key(key, slot)
  if type(key) ~= "table" then
    if slot then return {}, key end
    return { key }
  end
  local parts, at = {}, nil
  for _, name in ipairs(getmetatable(key).order) do
    if name == slot then at = key[name] else parts[#parts + 1] = key[name] end
  end
  return parts, at
end

-- A frame as bpftrace prints it: "vfs_read+0x1b" as "vfs_read+27".
local function frame(text)
  return (text:gsub("%+0x(%x+)$", function(hex) return ("+%d"):format(tonumber(hex, 16)) end))
end

-- A stack, one line per frame.
local function stack_text(part, indent)
  local lines = { "" }
  for text in tostring(part):gmatch("[^;]+") do lines[#lines + 1] = indent .. frame(text) end
  return table.concat(lines, "\n") .. "\n"
end

-- A part of a key or a value, as bpftrace prints its type.
local function part_text(part, type_, indent)
  local kind = type_ and type_.kind
  if kind == "kstack" or kind == "ustack" then return stack_text(part, indent or "    ") end
  if kind == "mac" then return tostring(part):upper() end
  if kind == "ksym" and part == "0x0" then return "0" end
  if type(part) ~= "table" then
    local unsigned = kind == "int" and type_.unsigned and math.type(part) == "integer"
    return unsigned and ("%u"):format(part) or tostring(part)
  end
  local list, order = {}, (getmetatable(part) or {}).order
  for i, item in ipairs(order or part) do
    local member = type_ and type_.members and type_.members[i]
    list[i] = part_text(order and part[item] or item, member, indent)
  end
  return (order and "(%s)" or "[%s]"):format(table.concat(list, order and ", " or ","))
end

local function key_text(parts, types)
  local texts = {}
  for i, part in ipairs(parts) do
    local of = types and types[i]
    -- bpftrace prints keys signed.
    if of and of.kind == "int" then of = nil end
    texts[i] = part_text(part, of)
  end
  return table.concat(texts, ", ")
end

-- The rows grouped by key, in the map's order.
local function grouped(map, slot, add, types)
  local rows, by_key = {}, {}
  for key, value in map:each { decoder = map:decoder() } do
    local parts, at = split_key(key, slot)
    local text = key_text(parts, types)
    local row = by_key[text]
    if not row then
      row = setmetatable({ key = parts, text = text }, row_shape)
      by_key[text], rows[#rows + 1] = row, row
    end
    add(row, at, value)
  end
  return rows
end

-- All buckets from the first to the last one that is not empty.
local function fill_buckets(row, names)
  local first, last = math.maxinteger, -1
  for i in pairs(row.counts) do first, last = math.min(first, i), math.max(last, i) end
  row.buckets = json.array {}
  for i = first, last do
    row.buckets[#row.buckets + 1] = setmetatable({ range = names[i] or tostring(i),
      count = row.counts[i] or 0 }, bucket_shape)
  end
  row.counts = nil
end

local function histogram_rows(map, kind)
  local names = bpftrace.bucket_names(kind)
  local numbers = {}
  for i, name in pairs(names) do numbers[name] = i end
  local rows = grouped(map, "bucket", function(row, at, value)
    row.counts = row.counts or {}
    row.counts[numbers[at] or at] = value
    row.total = (row.total or 0) + value
  end, kind.keys)
  for _, row in ipairs(rows) do fill_buckets(row, names) end
  return rows
end

local function add_stats(row, at, value)
  if at then
    row[at] = value
  elseif type(value) == "table" then
    row.total, row.count = value.total, value.count
  end
end

-- The quotient rounded toward zero, as in C.
local function quotient(a, b)
  local q = a // b
  return a < 0 and a % b ~= 0 and q + 1 or q
end

local function stats_rows(map, kind)
  local in_key = map:info().value_size == 8 -- later versions keep both parts in the value
  local rows = grouped(map, in_key and "part" or nil, add_stats, kind.keys)
  for _, row in ipairs(rows) do
    row.total, row.count = row.total or 0, row.count or 0
    row.average = row.count > 0 and quotient(row.total, row.count) or 0
  end
  return rows
end

-- Unwraps min and max: their struct's first part is the number, and another part says whether it is
-- set.
local function plain_rows(map, kind)
  return grouped(map, nil, function(row, _, value)
    if kind.aggregate and type(value) == "table" then value = value[kind.aggregate] end
    row.value = value
  end, kind.keys)
end

--- The rows of a bpftrace map: { key = parts, value | count, total, average | buckets }, and the
--- script's aggregation ("count", "hist" …; nil for a plain map). Nil for other maps.
---@param map bpf.Map
---@return table[]|nil rows, string|nil aggregate
function bpftrace_table.rows(map)
  local kind = map:decoder().bpftrace
  if not kind then return nil end
  if IN_BUCKETS[kind.aggregate] then return histogram_rows(map, kind), kind.aggregate end
  if IN_PARTS[kind.aggregate] then return stats_rows(map, kind), kind.aggregate end
  return plain_rows(map, kind), kind.aggregate
end

local function head(name, row, kind)
  if #kind.keys == 0 then return name end
  return ("%s[%s]"):format(name, row.text)
end

local function histogram_lines(lines, row)
  local most = 0
  for _, bucket in ipairs(row.buckets) do most = math.max(most, bucket.count) end
  for _, bucket in ipairs(row.buckets) do
    local bar = most > 0 and bucket.count * BAR // most or 0
    lines[#lines + 1] = ("%-16s%8d |%-52s|"):format(bucket.range, bucket.count, ("@"):rep(bar))
  end
end

local function value_text(row, kind)
  if kind.aggregate == "avg" then return tostring(row.average) end
  if kind.aggregate == "stats" then
    return ("count %d, average %d, total %d"):format(row.count, row.average, row.total)
  end
  if kind.aggregate then return (kind.unsigned and "%u" or "%d"):format(row.value) end
  return part_text(row.value, kind.value, "        ")
end

--- The map as bpftrace prints it, sorted by value.
---@param map bpf.Map
---@return string|nil
function bpftrace_table.text(map)
  local rows = bpftrace_table.rows(map)
  local kind = map:decoder().bpftrace
  if not rows then return nil end
  local function weight(row) return row.value or row.total or 0 end
  table.sort(rows, function(a, b)
    local x, y = weight(a), weight(b)
    if math.type(x) == "integer" and math.type(y) == "integer" and x ~= y then return x < y end
    return a.text < b.text
  end)
  local lines = {}
  for _, row in ipairs(rows) do
    if row.buckets then
      lines[#lines + 1] = head(kind.name, row, kind) .. ": "
      histogram_lines(lines, row)
    else
      lines[#lines + 1] = ("%s: %s"):format(head(kind.name, row, kind), value_text(row, kind))
    end
  end
  return table.concat(lines, "\n")
end

return bpftrace_table
