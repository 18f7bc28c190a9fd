-- lunette map update | delete | push | pop | peek | pin | unpin | freeze

local args = require("lunette.cli.args")
local bpf = require("bpf")
local decode = require("lunette.decode")
local entry = require("lunette.cli.map.entry")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local input = require("lunette.cli.map.input")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local refusal = require("lunette.cli.map.refusal")
local scripts = require("lunette.cli.scripts")

local write = {}

local function with_map(command, name, text)
  local sub = command:command(name, text)
  sub:argument("map", objects.HELP)
  return args.scripts(sub)
end

function write.configure(command)
  local update = with_map(command, "update", "Write an entry.")
  input.key(update)
  input.value(update)
  update:option("--cpu", "Set only this CPU's value of a per-CPU map (default: the values of "
    .. "all CPUs).")
    :argname("CPU"):convert(args.count)
  update:mutex(
    update:flag("--create", "Only if the key isn't there."),
    update:flag("--exist", "Only if the key is there."))
  args.json(update):flag("-n --dry-run", "Only show the bytes that would be written.")
  update:epilog("  lunette map update limits 7 1000\n"
    .. "  lunette map update flows '{\"port\":80}' '{\"packets\":0}' --dry-run")
  input.key(with_map(command, "delete", "Remove an entry."))
  input.value(with_map(command, "push", "Put a value into a queue, stack or bloom filter."))
  args.json(with_map(command, "pop", "Take a value out of a queue or stack."))
  args.json(with_map(command, "peek", "Show the next value of a queue or stack."))
  with_map(command, "pin", "Pin a map.")
    :argument("path", "The path in a BPF file system."):target("path")
  command:command("unpin", "Remove a pin."):argument("path", "Its path.")
  with_map(command, "freeze", "Close a map to writing from user space, for ever.")
end

local WRITE = [[
mutation ($id: Int!, $key: JSON, $value: JSON!, $mode: WriteMode, $dry: Boolean) {
  writeMapEntry(mapId: $id, key: $key, value: $value, mode: $mode, dryRun: $dry) {
    error written key values before
  }
}]]

local function hex(bytes) return { hex = decode.format(bytes, "HEX") } end

-- The value to write: one for all CPUs, or one per CPU; CPUs that are not named keep their value.
local function value_of(map, info, key, given)
  local decoder = decode.for_map(info)
  local before = info.key_size > 0 and map:lookup(key) or nil
  local function bytes_of(old)
    return hex(input.bytes("value", given.value, decoder.columns.value, info.value_size,
      given.value_format, old))
  end
  if not info.per_cpu then
    if given.cpu then exit.fail(exit.USAGE, "--cpu: the map has one value for all CPUs") end
    return bytes_of(before)
  end
  local cpus = bpf.cpus()
  if given.cpu and given.cpu >= cpus then
    exit.fail(exit.USAGE, "--cpu: there is no CPU %d, only 0 to %d", given.cpu, cpus - 1)
  end
  local values = {}
  for cpu = 0, cpus - 1 do
    local old = before and before[cpu + 1] or ("\0"):rep(info.value_size)
    local wanted = not given.cpu or given.cpu == cpu
    values[cpu + 1] = wanted and bytes_of(old) or hex(old)
  end
  return values
end

local function print_bytes(label, values)
  for i, value in ipairs(graph.value(values) or {}) do
    output.line(("%s %s"):format(i == 1 and label or (" "):rep(#label), value))
  end
end

--- map update
function write.update(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  refusal.without_keys(info)
  local decoder = decode.for_map(info)
  local key = input.bytes("key", given.key, decoder.columns.key, info.key_size, given.key_format)
  local result = graph.data(WRITE, { can_write = true, variables = {
    id = info.id, key = hex(key), value = value_of(map, info, key, given), dry = given.dry_run,
    mode = given.create and "CREATE" or given.exist and "UPDATE" or "ANY",
  } }).writeMapEntry
  local err = graph.value(result.error)
  if err then refusal.named(info.id, err) end
  if given.json then return output.json(result) end
  if not given.dry_run then return end
  output.line("key    " .. result.key)
  print_bytes("value ", result.values)
  print_bytes("before", result.before)
end

local function done(ok, err)
  if not ok then exit.fail(exit.code_of(err), "%s", err) end
end

--- map delete
function write.delete(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  refusal.without_keys(info)
  local columns = decode.for_map(info).columns.key
  local key = input.bytes("key", given.key, columns, info.key_size, given.key_format)
  local ok, err, errno = map:delete(key)
  if not ok then refusal.key(info, key, err, errno) end
end

--- map push
function write.push(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  refusal.without_queue(info, true)
  local columns = decode.for_map(info).columns.value
  done(map:push(input.bytes("value", given.value, columns, info.value_size,
    given.value_format)))
end

local function print_element(given, info, value, err, errno)
  if not value then
    if errno == nil or errno == 2 then exit.fail(exit.MISSING, "map %d is empty", info.id) end
    exit.fail(exit.code_of(err), "%s", err)
  end
  local decoder = decode.for_map(info)
  if given.json then output.json_part('{"value":' .. decoder.value_plan:json(value) .. "}\n")
  else output.line(entry.text(decoder, value)) end
end

--- map pop
function write.pop(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  refusal.without_queue(info)
  print_element(given, info, map:pop())
end

--- map peek
function write.peek(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  refusal.without_queue(info)
  print_element(given, info, map:peek())
end

--- map pin
function write.pin(given)
  local map <close>, info = objects.map(given.map)
  local ok, err = bpf.pin(map, given.path)
  if not ok then refusal.named(info.id, err) end
end

--- map unpin
function write.unpin(given)
  local ok, err = bpf.unpin(given.path)
  if not ok then exit.fail(exit.code_of(err), "%s", err) end
end

--- map freeze
function write.freeze(given)
  local map <close> = objects.map(given.map)
  done(map:freeze())
end

return write
