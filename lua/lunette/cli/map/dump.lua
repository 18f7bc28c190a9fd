-- lunette map dump | lookup: entries, decoded by the decoder in force, or as hex, string, number.

local args = require("lunette.cli.args")
local bpf = require("bpf")
local decode = require("lunette.decode")
local entry = require("lunette.cli.map.entry")
local exit = require("lunette.cli.exit")
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

--- Adds the arguments shared by dump and watch.
function dump.choose(command)
  command:argument("map", objects.HELP)
  command:option("--decode", "Print bytes as hex, string or number, or as KEY:VALUE of these. "
    .. "Default: by the decoder in force."):argname("FORMAT")
  command:option("--where", where.HELP):argname("CONDITION"):count("*")
  command:option("--sort", "Sort by this column, largest first; COLUMN:asc for smallest first.")
    :argname("COLUMN")
  command:option("--top", "Print only the first N rows by --sort.")
    :argname("N"):convert(args.count)
  command:option("--cpus", "Print per-CPU values as their sum, each CPU's value, or both. "
    .. "Default: sum in tables, each in JSON and CSV."):choices {
    "sum", "each", "both" }
  args.scripts(command)
end

function dump.configure(command)
  local all = command:command("dump", "Print a map's entries.")
  dump.choose(all)
  all:option("--limit", "Print at most N entries."):argname("N"):convert(args.count)
  args.formats(all, {
    ndjson = "Print JSON, one entry per line.",
    csv = "Print CSV: one line per entry, or one per CPU where each CPU's value is printed.",
  })
  all:epilog("  lunette map dump AT_SYSCALLNUM --sort value --top 10\n"
    .. "  lunette map dump flows --where 'packets >= 100' --where 'comm *= ssh' -j")
  local one = command:command("lookup", "Print one entry; of a bloom filter, whether it may "
    .. "contain "
    .. "a value.")
  one:argument("map", objects.HELP)
  input.key(one)
  args.scripts(args.json(one))
end

local function stream_format(given)
  return given.json and "json" or given.ndjson and "ndjson" or given.csv and "csv" or nil
end

-- How machine formats show per-CPU values: each CPU's, unless the decoder or the user merges them.
local function cpus_for_machines(map, given)
  if given.cpus then return given.cpus end
  return not given.decode and exit.check(map:decoder()).reduce and "sum" or "each"
end

-- Says why a table has no rows.
local function nothing(given)
  output.aside(#given.where > 0 and "no entry matches --where" or "the map is empty")
end

-- The options of map:stream(), by which C writes machine formats while it reads, in constant
-- memory.
local function stream_options(map, info, given)
  local opts = {
    format = stream_format(given), limit = given.limit, guard = output.guards(given),
  }
  local variables = page.machine_variables(given, cpus_for_machines(map, given), info.id)
  local ok, err = pcall(page.choose, opts, info, variables)
  if not ok then exit.fail(exit.code_of(err), "%s", err) end
  return opts
end

-- The columns of a table that C writes; nil when a cell is made by a Lua function.
local function table_columns(reader)
  local columns = {}
  for i, column in ipairs(page.columns(reader)) do
    local of = reader.columns[i]
    if of.lua or of.part == "CPU" then return nil end
    columns[i] = { title = tables.title(column), right = column.align == "right" }
  end
  return columns
end

-- Streams the map as a table, in constant memory; false where only pages of it can be read: for a
-- terminal, whose width the columns must fit, or when cells are made by Lua.
local function stream_table(map, info, given, variables)
  if tables.width() or bpf.unreadable(info) then return false end
  local opts = { format = "table", limit = given.limit }
  local ok, reader = pcall(page.choose, opts, info, variables)
  if not ok then exit.fail(exit.code_of(reader), "%s", reader) end
  opts.columns = table_columns(reader)
  local source = opts.columns and map:stream(opts)
  if not source then return false end
  if output.stream(source) == 0 then nothing(given) end
  return true
end

-- Streams the map; false for what has no keys to walk, or shows both the sum and each CPU's value:
-- these are few rows of a table.
local function stream(map, info, given)
  if given.cpus == "both" or bpf.unreadable(info) then return false end
  output.stream(exit.check(map:stream(stream_options(map, info, given))), not given.csv)
  return true
end

-- Prints table rows as the entries that a stream writes.
local function print_entries(map, info, given)
  local fields, cpus = entry.fields(map, info, given.decode), cpus_for_machines(map, given)
  local entries, write = json.array({}), nil
  page.each(page.machine_variables(given, cpus, info.id), given.limit, function(one)
    page.explain(one)
    page.warn(one)
    write = write or entry.writer(one.columns, fields, cpus == "each")
    for _, row in ipairs(one.rows) do
      if given.ndjson then output.json_line(write(row))
      else entries[#entries + 1] = write(row) end
    end
  end)
  if given.json then output.json(entries) end
end

-- Prints the same as CSV.
local function print_csv(map, info, given)
  local cpus, goes_on = cpus_for_machines(map, given), false
  page.each(page.machine_variables(given, cpus, info.id), given.limit, function(one)
    page.explain(one)
    page.warn(one)
    local columns, rows = page.csv(one, cpus == "each")
    tables.csv(columns, rows, goes_on, output.guards(given))
    goes_on = true
  end)
end

local function print_table(variables, given)
  local total, columns, widths, blocks = 0, nil, nil, nil
  page.each(variables, given.limit, function(one)
    page.explain(one)
    page.warn(one)
    columns = columns or page.columns(one)
    if #one.rows > 0 then
      if blocks == nil then blocks = tables.overflows(columns, one.rows, tables.width()) end
      if blocks then tables.print_blocks(columns, one.rows, total > 0)
      else widths = tables.print(columns, one.rows, widths) end
    end
    total = total + #one.rows
  end)
  if total == 0 then nothing(given) end
end

-- Prints histograms, averages and stats as bpftrace does; bpftrace keeps several entries for each
-- key of them.
local function print_bpftrace(map, given)
  local kind = map:decoder().bpftrace
  local together = kind and (kind.aggregate == "hist" or kind.aggregate == "lhist"
    or kind.aggregate == "avg" or kind.aggregate == "stats")
  if not together or given.sort or given.top or given.limit or given.decode
    or given.cpus or #given.where > 0 then return false end
  output.line((require("lunette.decode.bpftrace_table").text(map)))
  return true
end

--- map dump
function dump.dump(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  if stream_format(given) then
    if stream(map, info, given) then return end
    return (given.csv and print_csv or print_entries)(map, info, given)
  end
  if print_bpftrace(map, given) then return end
  local variables = page.variables(info.id, given)
  if not stream_table(map, info, given, variables) then print_table(variables, given) end
end

-- Prints a value as text; of a per-CPU map the merged value and each CPU's.
local function print_value(decoder, value)
  if type(value) == "string" then return output.line(entry.text(decoder, value)) end
  if decoder.reduce then
    output.line(("%s: %s"):format(decoder.reduce, entry.text(decoder, value)))
  end
  for i, bytes in ipairs(value) do
    output.line(("cpu %d: %s"):format(i - 1, entry.text(decoder, bytes)))
  end
end

-- Looks up a value in a bloom filter; a value that is not in it counts as a missing key.
local function ask_bloom(map, info, given)
  local columns = decode.for_map(info).columns.value
  local value = input.bytes("value", given.key, columns, info.value_size, given.key_format)
  local maybe = exit.check(map:contains(value))
  if given.json then output.json { mayContain = maybe }
  elseif maybe then output.line("the filter may contain the value")
  else exit.fail(exit.MISSING, "map %d: the filter does not contain the value", info.id) end
  return maybe and exit.OK or exit.MISSING
end

--- map lookup
function dump.lookup(given)
  scripts.load(given.script)
  local map <close>, info = objects.map(given.map)
  if info.type == "bloom_filter" then return ask_bloom(map, info, given) end
  refusal.without_keys(info)
  local decoder = decode.for_map(info)
  local key = input.bytes("key", given.key, decoder.columns.key, info.key_size, given.key_format)
  local value, err, errno = map:lookup(key)
  if not value then refusal.key(info, key, err, errno) end
  if not given.json then return print_value(decoder, value) end
  local opts = stream_options(map, info, { ndjson = true, where = {} })
  opts.key = key
  output.stream(exit.check(map:stream(opts)), true)
end

return dump
