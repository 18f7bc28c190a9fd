-- lunette feature: the BPF features of the running kernel.

local args = require("lunette.cli.args")
local features = require("lunette.features")
local objects = require("lunette.cli.objects")
local show = require("lunette.cli.show")

local feature = {}

function feature.configure(command)
  args.formats(command)
  command:argument("group", "List only program types, map types or the kernel's facilities.")
    :choices({ "program", "map", "kernel" }):args("?")
  command:flag("--missing", "List only what the kernel lacks.")
end

local WORDS = { [true] = "yes", [false] = "no" }

local function available(row) return WORDS[row.available] or "unknown" end

local COLUMNS = {
  { title = "GROUP", field = "group" },
  { title = "NAME", field = "name" },
  { title = "THERE", value = available },
  { title = "OTHER NAME", value = function(row)
    local other = features.other_name(row)
    return other ~= row.name and other or nil
  end },
  { title = "DETAIL", field = "detail", shrink = true },
}

local CSV = {
  { title = "group", field = "group" }, { title = "name", field = "name" },
  { title = "available", value = available }, { title = "detail", field = "detail" },
}

function feature.run(given)
  objects.need_admin()
  local rows = {}
  for _, row in ipairs(features.list()) do
    if (not given.group or row.group == given.group)
      and not (given.missing and row.available) then
      rows[#rows + 1] = row
    end
  end
  show.list(given, given.csv and CSV or COLUMNS, rows, "such features")
end

return feature
