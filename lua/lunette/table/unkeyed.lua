-- Rows of maps that have no keys to walk: the next element of a queue or stack, the records waiting
-- in a ring buffer, the entries of local storage by their owners.

local cells = require("lunette.table.cells")

local unkeyed = {}

local ENOENT = 2

local function column(name, type, part)
  return cells.column({ name = name, type = type, wide = type == "u64" and type or nil }, part)
end

local function row(bytes, ...)
  local made = table.pack(...)
  made.bytes = bytes
  return made
end

local readers = {}

-- The next element; the others can't be read.
local function peek(map, reader)
  local value, err, errno = map:peek()
  local note = "Only the next element can be seen; taking it out would change the map."
  if not value then
    return { rows = {}, columns = reader.columns, note = errno ~= ENOENT and err or nil }
  end
  return { rows = { reader:row("", value) }, columns = reader.columns, note = note }
end

readers.queue, readers.stack = peek, peek

local RECORD = {
  column("record", "u32", "KEY"), column("state", "cstring", "VALUE"),
  column("size", "u32", "VALUE"), column("data", "hex", "VALUE"),
}

local function state(record)
  if record.busy then return "being written" end
  return record.discarded and "discarded" or "ready"
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- Unconsumed records; reading consumes none.
local function ring(map)
  local seen, err = map:ring(1000)
  if not seen then return { rows = {}, columns = RECORD, note = err } end
  local rows = {}
  for i, record in ipairs(seen.records) do
    local at = i - 1
    rows[i] = row(("<I4"):pack(at), at, state(record), record.size, hex(record.data))
  end
  return { rows = rows, columns = RECORD, empty = #rows == 0,
    note = ("%d of %d bytes wait to be read."):format(seen.used, seen.size) }
end

readers.ringbuf, readers.user_ringbuf = ring, ring

local OWNERS = {
  task_storage = { "pid", "tid", "comm" }, cgrp_storage = { "path" },
  inode_storage = { "path" }, sk_storage = { "cookie", "family", "port" },
}
local OWNER_TYPES = {
  comm = "cstring", path = "cstring", cookie = "u64", pid = "pid", tid = "pid",
}

-- An entry: its owner, and the value's columns.
local function owned(entry, names, values)
  local made = { n = 0 }
  local identity = {}
  for i, name in ipairs(names) do
    made[i] = entry.owner[name]
    identity[i] = tostring(entry.owner[name])
  end
  for i, col in ipairs(values) do made[#names + i] = col.get(entry.value) end
  made.n, made.bytes = #names + #values, table.concat(identity, ":")
  return made
end

local function same(a, b)
  for i = 1, a.n do
    if a[i] ~= b[i] and type(a[i]) ~= "table" then return false end
  end
  return true
end

-- Removes repeated rows: an object that several processes have open is reported for each.
local function distinct(rows)
  local seen, kept = {}, {}
  for _, made in ipairs(rows) do
    local known = seen[made.bytes]
    if not (known and same(known, made)) then
      if known then made.bytes = ("%s:%d"):format(made.bytes, #kept) end
      seen[made.bytes], kept[#kept + 1] = made, made
    end
  end
  return kept
end

local function storage(map, reader, info)
  local names, columns, rows = OWNERS[info.type], {}, {}
  for i, name in ipairs(names) do
    columns[i] = column(name, OWNER_TYPES[name] or "u32", "KEY")
  end
  table.move(reader.value.columns, 1, #reader.value.columns, #columns + 1, columns)
  local entries, err = map:storage()
  if not entries then return { rows = rows, columns = columns, note = err } end
  for i, entry in ipairs(entries) do rows[i] = owned(entry, names, reader.value.columns) end
  return { rows = distinct(rows), columns = columns }
end

for type in pairs(OWNERS) do readers[type] = storage end

--- True when a map of this type can be shown without keys.
---@param type string|nil
---@return boolean
function unkeyed.known(type) return readers[type or ""] ~= nil end

--- The rows, columns and note of such a map.
---@param map table an open one
---@param reader table of cells
---@param info table
---@return { rows: table[], columns: table[], note: string?, empty: boolean? } page `empty` where
--- the note is no reason for missing rows
function unkeyed.read(map, reader, info) return readers[info.type](map, reader, info) end

return unkeyed
