-- lunette object show | verify: BPF object files, before they run.

local args = require("lunette.cli.args")
local bpf = require("bpf")
local exit = require("lunette.cli.exit")
local json = require("lunette.runtime.json")
local output = require("lunette.cli.output")
local tables = require("lunette.cli.table")
local verifier_log = require("lunette.code.verifier_log")

local object = {}

local WORSE <const> = 10 -- per cent more instructions than the baseline that still pass

function object.configure(command)
  command:require_command(true):command_target("sub")
  local show = command:command("show", "Show the programs, maps and relocations of an object file, "
    .. "and which of them this kernel can't satisfy.")
  args.json(show):argument("file", "The object file.")
  show:option("--btf", "Look for types in this BTF file instead of this kernel's.")
    :argname("FILE")
  local verify = command:command("verify", "Load each program of an object file, and show what the "
    .. "verifier says; nothing stays loaded.")
  args.json(verify):argument("file", "The object file.")
  verify:option("--program", "Load this program only."):argname("NAME")
  verify:option("--baseline", "Compare with what -j printed earlier; fails when a program is no "
    .. "longer loaded, or takes more instructions."):argname("FILE")
  verify:option("--worse", ("Allow PERCENT more instructions than the baseline (%d).")
    :format(WORSE)):argname("PERCENT"):convert(args.count)
  verify:flag("--full", "Print the whole log of a program that is refused, with registers.")
end

-- Relocations, each once, with the number of places.
local function distinct(list)
  local rows, by_what = {}, {}
  for _, relo in ipairs(list) do
    local key = relo.kind .. " " .. relo.what
    local row = by_what[key]
    if not row then
      row = { what = relo.what, kind = relo.kind, needed = relo.needed, found = relo.found,
        places = 0 }
      by_what[key], rows[#rows + 1] = row, row
    end
    row.places = row.places + 1
  end
  return rows
end

local function relocations(given)
  local btf <close>, err = bpf.btf(given.btf or "vmlinux")
  if not btf then
    exit.fail(exit.code_of(err), "%s", err)
  end
  return distinct(exit.check(bpf.core_relocations(given.file, btf)))
end

local PROGRAMS = {
  { title = "PROGRAM", field = "name" }, { title = "TYPE", field = "type" },
  { title = "SECTION", field = "section", shrink = true },
  { title = "INSNS", field = "instructions", align = "right" },
}

local MAPS = {
  { title = "MAP", field = "name" }, { title = "TYPE", field = "type" },
  { title = "KEY", field = "key_size", align = "right" },
  { title = "VALUE", field = "value_size", align = "right" },
  { title = "ENTRIES", field = "max_entries", align = "right" },
  { title = "PIN", field = "pin_path", shrink = true },
}

local MISSING = {
  { title = "MISSING", field = "what" },
  { title = "WHAT FOR", field = "kind" }, { title = "PLACES", field = "places", align = "right" },
}

local function show(given)
  local found = exit.check(bpf.inspect(given.file))
  local relos = relocations(given)
  if given.json then
    found.relocations = relos
    return output.json(found)
  end
  tables.print(PROGRAMS, found.programs)
  if #found.maps > 0 then
    output.line("")
    tables.print(MAPS, found.maps)
  end
  output.line("")
  if not found.btf then return output.line("It has no BTF: maps have no types.") end
  local missing = {}
  for _, relo in ipairs(relos) do
    if relo.needed and not relo.found then missing[#missing + 1] = relo end
  end
  local where = given.btf or "this kernel"
  if #missing == 0 then
    return output.line(("All %d types and members that it relocates are in %s.")
      :format(#relos, where))
  end
  output.line(("%d of %d types and members that it relocates are not in %s. A program that gets "
    .. "there is refused:"):format(#missing, #relos, where))
  tables.print(MISSING, missing)
end

local function change(row)
  if not row.before then return nil end
  return ("%+d"):format(row.processed - row.before)
end

local VERIFIED = {
  { title = "PROGRAM", field = "name", shrink = true }, { title = "TYPE", field = "type" },
  { title = "RESULT", value = function(row) return row.loaded and "loaded" or row.error end },
  { title = "INSNS", field = "processed", align = "right" },
  { title = "STATES", field = "total_states", align = "right" },
  { title = "PEAK", field = "peak_states", align = "right" },
  { title = "STACK", field = "stack", align = "right" },
  { title = "TIME (us)", field = "time_us", align = "right" },
  { title = "JITED", field = "jited", align = "right" },
}

local function read_baseline(path)
  local f <close>, err = io.open(path)
  if not f then exit.fail(exit.MISSING, "--baseline: %s", err) end
  local ok, list = pcall(json.decode, f:read("a"))
  local by_name = {}
  for _, row in ipairs(ok and type(list) == "table" and list or {}) do
    if type(row) == "table" and row.name then by_name[row.name] = row end
  end
  if not next(by_name) then
    exit.fail(exit.FAILED, "--baseline %s: it is not what 'object verify -j' prints", path)
  end
  return by_name
end

-- What became worse than in the baseline.
local function compare(rows, baseline, percent)
  local worse = {}
  for _, row in ipairs(rows) do
    local before = baseline[row.name]
    if before and before.loaded and not row.loaded then
      worse[#worse + 1] = ("%s: it was loaded before"):format(row.name)
    elseif before and before.loaded then
      row.before = before.processed
      if row.processed > before.processed * (1 + percent / 100) then
        worse[#worse + 1] = ("%s: %d instructions, before %d"):format(row.name, row.processed,
          before.processed)
      end
    end
  end
  return worse
end

local function print_verified(rows, baseline)
  local columns = table.move(VERIFIED, 1, #VERIFIED, 1, {})
  if baseline then
    table.insert(columns, 5, { title = "CHANGE", value = change, align = "right" })
  end
  tables.print(columns, rows)
end

local function print_logs(rows, full)
  for _, row in ipairs(rows) do
    if not row.loaded then
      output.line("")
      output.line(("%s is refused:"):format(row.name))
      output.line(full and row.log or verifier_log.folded(row.log))
    end
  end
end

local function verify(given)
  local rows = exit.check(bpf.verify(given.file, given.program))
  local baseline = given.baseline and read_baseline(given.baseline)
  local worse = baseline and compare(rows, baseline, given.worse or WORSE) or {}
  if given.json then output.json(rows)
  else
    print_verified(rows, baseline)
    print_logs(rows, given.full)
  end
  local refused = 0
  for _, row in ipairs(rows) do refused = refused + (row.loaded and 0 or 1) end
  if #worse > 0 then exit.fail(exit.FAILED, "%s", table.concat(worse, "; ")) end
  if baseline or refused == 0 then return exit.OK end
  exit.fail(exit.FAILED, "%d of %d programs are refused", refused, #rows)
end

local RUN = { show = show, verify = verify }

function object.run(given) return RUN[given.sub](given) end

return object
