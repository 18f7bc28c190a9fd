-- Mutations. Every field is guarded: the server must allow writing.

local bpf = require("bpf")
local decode = require("lunette.decode")
local guarded = require("lunette.schema.guard").guarded
local json = require("lunette.runtime.json")
local kernel = require("lunette.schema.kernel")
local write = require("lunette.table.write")

local mutation = {}

mutation.sdl = [[
extend type Mutation {
  "Pins a map at a path in a BPF file system."
  pinMap(
    "The map's id."
    id: Int!
    "The path."
    path: String!
  ): MapPinningResult
  "Removes a pin of a map, program or link."
  unpin("The path." path: String!): MutationResult!
  "Pins a program at a path in a BPF file system."
  pinProgram(
    "The program's id."
    id: Int!
    "The path."
    path: String!
  ): MutationResult!
  "Pins a link at a path in a BPF file system."
  pinLink(
    "The link's id."
    id: Int!
    "The path."
    path: String!
  ): MutationResult!
  "Changes the value of an entry that is there; of one CPU on a per-CPU map."
  updateMapValue(
    "The map's id."
    mapId: Int!
    "The key."
    key: String!
    "The CPU, of a per-CPU map."
    cpu: Int
    "The value."
    value: String!
    "The format of the key."
    keyFormat: MapEntryFormat!
    "The format of the value."
    valueFormat: MapEntryFormat!
  ): MapUpdateValueResult
  "Adds an entry: one value, on a per-CPU map one per CPU."
  createMapValue(
    "The map's id."
    mapId: Int!
    "The key."
    key: String!
    "The value; on a per-CPU map the CPUs' values."
    values: [String!]!
    "The format of the key."
    keyFormat: MapEntryFormat!
    "The format of the values."
    valueFormat: MapEntryFormat!
  ): MapUpdateValueResult
  "Removes entries."
  deleteMapValues(
    "The map's id."
    mapId: Int!
    "The keys."
    keys: [String!]!
    "The format of the keys."
    keyFormat: MapEntryFormat!
  ): MapUpdateValueResult
  "Writes an entry from typed input, by BTF or the decoder. A dry run only shows the bytes."
  writeMapEntry(
    "The map's id."
    mapId: Int!
    "The key: a number, text, or an object by field."
    key: JSON
    "The value, given like the key; on a per-CPU map a list with one value per CPU."
    value: JSON!
    "Which keys may be written."
    mode: WriteMode = ANY
    "Only show the bytes; write nothing."
    dryRun: Boolean = false
  ): WriteResult!
  "Puts a value into a queue, stack or bloom filter."
  pushMapValue(
    "The map's id."
    mapId: Int!
    "The value."
    value: String!
    "The format of the value."
    valueFormat: MapEntryFormat! = HEX
  ): MutationResult!
  "Takes a value out of a queue or stack."
  popMapValue(
    "The map's id."
    mapId: Int!
    "The format of the value."
    valueFormat: MapEntryFormat! = HEX
  ): PopResult!
  "Freezes a map: closes it to writes from user space for ever."
  freezeMap("The map's id." id: Int!): MutationResult!
  "Detaches a link from its attach point."
  detachLink("The link's id." id: Int!): MutationResult!
}

"The answer to pinning a map."
type MapPinningResult {
  "Why it failed; null when it did not."
  error: String
}

"The answer to changing a map."
type MapUpdateValueResult {
  "Why it failed; null when it did not."
  error: String
}

"Which keys may be written."
enum WriteMode {
  "Any key."
  ANY
  "Only a key that is not there."
  CREATE
  "Only a key that is there."
  UPDATE
}

"The bytes that were written, or would be."
type WriteResult {
  "Why it failed; null when it did not."
  error: String
  "Was the entry written?"
  written: Boolean!
  "The key's bytes in hex."
  key: String
  "The value's bytes in hex: one value, or one per CPU."
  values: [String!]!
  "The values before, in hex: writing them again undoes the change; null for a new key."
  before: [String!]
}

"The value that was taken out of a map."
type PopResult {
  "Why it failed; null when it did not."
  error: String
  "The value; null when the map is empty."
  value: String
}
]]

local NO_PATH = "path: needed, in a BPF file system such as /sys/fs/bpf"

-- The result of a change, with the previous value for the audit log.
local function done(ok, err, before)
  if not ok then return nil, err end
  return { before = before }
end

-- Runs fn with an open handle.
local function with(kind, id, fn)
  local handle, err = kernel.open(kind, id)
  if not handle then return nil, err end
  local object <close> = handle
  return fn(object)
end

local function pin(kind)
  return guarded(function(args)
    if args.path == "" then return nil, NO_PATH end
    return with(kind, args.id, function(handle) return bpf.pin(handle, args.path) end)
  end)
end

local function on_map(change)
  return guarded(function(args)
    return with("map", args.mapId, function(map) return change(map, map:info(), args) end)
  end)
end

local function update(map, info, args)
  local key, err = write.parse("key", args.key, args.keyFormat, info.key_size)
  if not key then return nil, err end
  local bytes
  bytes, err = write.parse("value", args.value, args.valueFormat, info.value_size)
  if not bytes then return nil, err end
  local value
  value, err = write.for_cpu(map, info, key, bytes, args.cpu)
  if not value then return nil, err end
  local before = write.before(map, key)
  local ok
  ok, err = write.put(map, key, value, "UPDATE")
  return done(ok, err, before)
end

local function create(map, info, args)
  local key, err = write.parse("key", args.key, args.keyFormat, info.key_size)
  if not key then return nil, err end
  local value
  value, err = write.values(info, args.values, args.valueFormat)
  if not value then return nil, err end
  return write.put(map, key, value, "CREATE")
end

-- Deletes entries. Checks all keys first, so that a bad key changes nothing.
local function delete(map, info, args)
  local keys = {}
  for i, text in ipairs(args.keys) do
    local key, err = write.parse(("keys[%d]"):format(i - 1), text, args.keyFormat, info.key_size)
    if not key then return nil, err end
    keys[i] = key
  end
  local failed
  local before = {}
  for i, key in ipairs(keys) do
    before[i] = write.before(map, key) or json.null
    local ok, err = write.remove(map, key)
    if not ok then failed = failed or ("key %s: %s"):format(args.keys[i], err) end
  end
  return done(not failed, failed, before)
end

local function push(map, info, args)
  local value, err = write.parse("value", args.value, args.valueFormat, info.value_size)
  if not value then return nil, err end
  return map:push(value)
end

local function pop(map, _, args)
  local value, err, errno = map:pop()
  if not value then
    if errno == 2 then return {} end
    return nil, err
  end
  return { value = decode.format(value, args.valueFormat) }
end

local function unpin(args)
  if args.path == "" then return nil, NO_PATH end
  local pinned = bpf.pinned(args.path)
  local ok, err = bpf.unpin(args.path)
  return done(ok, err, pinned)
end

mutation.resolvers = {
  Mutation = {
    pinMap = pin("map"),
    pinProgram = pin("prog"),
    pinLink = pin("link"),
    unpin = guarded(unpin),
    updateMapValue = on_map(update),
    createMapValue = on_map(create),
    deleteMapValues = on_map(delete),
    pushMapValue = on_map(push),
    popMapValue = on_map(pop),
    writeMapEntry = on_map(write.typed),
    freezeMap = guarded(function(args)
      return with("map", args.id, function(map) return map:freeze() end)
    end),
    detachLink = guarded(function(args)
      return with("link", args.id, function(link)
        local before = link:info()
        local ok, err = link:detach()
        return done(ok, err, { type = before.type, prog_id = before.prog_id })
      end)
    end),
  },
}

return mutation
