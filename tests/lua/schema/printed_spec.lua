-- lua/schema.graphql is the schema as clients see it. A change of the schema changes the file in
-- the same commit: LUNETTE_UPDATE=1 writes it.

local schema = require("lunette.schema")
local printer = require("lunette.schema.print")

local PATH = "lua/schema.graphql"

local function lines_of(text)
  local set, list = {}, {}
  local type_name = ""
  for line in text:gmatch("[^\n]+") do
    type_name = line:match("^%l+ (%u%w*)") or type_name
    local key = type_name .. ": " .. line
    set[key] = true
    list[#list + 1] = key
  end
  return list, set
end

-- Lines of one text that the other lacks, by type.
local function changes(before, after)
  local old, old_set = lines_of(before)
  local new, new_set = lines_of(after)
  local found = {}
  for _, line in ipairs(old) do
    if not new_set[line] then found[#found + 1] = "- " .. line end
  end
  for _, line in ipairs(new) do
    if not old_set[line] then found[#found + 1] = "+ " .. line end
  end
  return table.concat(found, "\n")
end

describe("the printed schema", function()
  local printed

  setup(function() printed = printer.sdl(assert(schema.build_in())) end)

  it("is the one that is kept", function()
    if os.getenv("LUNETTE_UPDATE") then
      local file <close> = assert(io.open(PATH, "w"))
      file:write(printed)
    end
    local file <close> = assert(io.open(PATH))
    local kept = file:read("a")
    if kept ~= printed then
      error("the schema changed; LUNETTE_UPDATE=1 writes lua/schema.graphql anew:\n"
        .. changes(kept, printed), 0)
    end
  end)

  it("builds the same schema again", function()
    local graphql = require("lunette.graphql")
    assert.equal(printed, printer.sdl(assert(graphql.build_schema(printed))))
  end)
end)
