-- lunette map dump | lookup: entries, by the decoder in force or as hex, string, number.

local args = require("lunette.cli.args")
local decode = require("lunette.decode")
local entry = require("lunette.cli.map.entry")
local exit = require("lunette.cli.exit")
local graph = require("lunette.cli.graph")
local input = require("lunette.cli.map.input")
local json = require("lunette.runtime.json")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local page = require("lunette.cli.map.page")
local refusal = require("lunette.cli.map.refusal")
local scripts = require("lunette.cli.scripts")
local tables = require("lunette.cli.table")
local where = require("lunette.cli.map.where")

local dump = {}

--- The arguments that dump and watch share.
function dump.choose(command)
  command:argument("map", objects.HELP)
  command:option("--decode", "Show bytes as hex, string or number, or as KEY:VALUE of these; "
    .. "by default the decoder in force says what they mean."):argname("FORMAT")
  command:option("--where", where.HELP):argname("CONDITION"):count("*")
  command:option("--sort", "Sort by this column, largest first; COLUMN:asc for smallest first.")
    :argname("COLUMN")
  command:option("--top", "Only so many rows of the whole map, by --sort.")
    :argname("N"):convert(args.count)
  command:option("--cpus", "Of per-CPU values: sum, each or both."):choices {
    "sum", "each", "both" }
  args.scripts(command)
end

function dump.configure(command)
  local all = command:command("dump", "Print a map's entries.")
  dump.choose(all)
  all:option("--limit", "At most so many rows."):argname("N"):convert(args.count)
  args.formats(all, { ndjson = "Print JSON, an entry a line." })
  all:epilog("  lunette map dump AT_SYSCALLNUM --sort value --top 10\n"
    .. "  lunette map dump flows --where 'packets >= 100' --where 'comm *= ssh' -j")
  local one = command:command("lookup", "Print one entry.")
  one:argument("map", objects.HELP)
  input.key(one)
  args.scripts(args.json(one))
end

local function stream_format(given)
  return given.json and "json" or given.ndjson and "ndjson" or given.csv and "csv" or nil
end

-- A whole map for a machine needs no table: C writes it while it reads, in constant memory.
local function is_stream(given)
  return stream_format(given) and not given.sort and not given.top and not given.limit
    and not given.decode and #given.where == 0 and given.cpus ~= "both"
end

-- Writes the whole map; false where its type has nothing to walk over.
local function stream(map, given)
  local decoder
  if given.cpus then
    local in_force = map:decoder()
    decoder = { key_plan = in_force.key_plan, value_plan = in_force.value_plan,
      reduce = given.cpus == "sum" and "sum" or nil }
  end
  local source = map:stream { format = stream_format(given), decoder = decoder }
  if source then output.stream(source) end
  return source ~= nil
end

-- Rows that were chosen, for machines: the same entries that a stream writes.
local function print_chosen(map, variables, given)
  local info = exit.check(map:info())
  local fields = entry.fields(map, info, given.decode)
  variables.cpus = given.cpus and variables.cpus or "BOTH"
  local entries, write = json.array({}), nil
  page.each(variables, given.limit, function(one)
    page.explain(one)
    page.warn(one)
    write = write or entry.writer(one.columns, fields, not given.cpus)
    for _, row in ipairs(one.rows) do
      if given.ndjson then io.write(json.encode(write(row)), "\n")
      else entries[#entries + 1] = write(row) end
    end
  end)
  if given.json then output.json(entries) end
end

local function print_table(variables, given)
  local csv = given.csv
  local total, columns, widths, blocks = 0, nil, nil, nil
  page.each(variables, given.limit, function(one)
    page.explain(one)
    page.warn(one)
    columns = columns or (csv and page.csv_columns or page.columns)(one)
    if csv then
      tables.csv(columns, one.rows, csv == "more")
      csv = "more"
    elseif #one.rows > 0 then
      if blocks == nil then blocks = tables.overflows(columns, one.rows, tables.width()) end
      if blocks then tables.print_blocks(columns, one.rows, total > 0)
      else widths = tables.print(columns, one.rows, widths) end
    end
    total = total + #one.rows
  end)
  if total == 0 and not csv then
    local chosen = #given.where > 0 and "no entry is like that" or "the map is empty"
    io.stderr:write(chosen, "\n")
  end
end

-- Histograms, averages and stats of bpftrace keep several entries a key: as bpftrace prints them.
local function print_bpftrace(map, given)
  local kind = map:decoder().bpftrace
  local together = kind and (kind.aggregate == "hist" or kind.aggregate == "lhist"
    or kind.aggregate == "avg" or kind.aggregate == "stats")
  if not together or given.csv or given.sort or given.top or given.limit or given.decode
    or given.cpus or #given.where > 0 then return false end
  print((require("lunette.decode.bpftrace_table").text(map)))
  return true
end

--- map dump
function dump.dump(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  if is_stream(given) and stream(map, given) then return end
  local variables = page.variables(info.id, given)
  if given.json or given.ndjson then return print_chosen(map, variables, given) end
  if print_bpftrace(map, given) then return end
  print_table(variables, given)
end

local ONE = [[
query ($id: Int!, $key: String!) {
  map(id: $id) {
    entry(key: $key, keyFormat: HEX, valueFormat: HEX) { key value cpuValues }
  }
}]]

-- The entry's bytes as the decoder's text: JSON of C for machines, readable for people.
local function print_value(decoder, value)
  local inspect = require("lunette.runtime.inspect")
  if type(value) == "string" then
    print(inspect(decoder.value_plan:decode(value)))
    return
  end
  for i, bytes in ipairs(value) do
    print(("cpu %d: %s"):format(i - 1, inspect(decoder.value_plan:decode(bytes))))
  end
end

--- map lookup
function dump.lookup(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  refusal.without_keys(info)
  local decoder = decode.for_map(info)
  local key = input.bytes("key", given.key, decoder.columns.key, info.key_size, given.key_format)
  if given.json then
    local hex = decode.format(key, "HEX")
    local data = graph.data(ONE, { variables = { id = info.id, key = hex } })
    local found = graph.value(data.map.entry)
    if not found then exit.fail(exit.MISSING, "map %d has no such key", info.id) end
    return output.json(found)
  end
  local value, err, errno = map:lookup(key)
  if value then return print_value(decoder, value) end
  refusal.key(info, key, err, errno)
end

return dump
