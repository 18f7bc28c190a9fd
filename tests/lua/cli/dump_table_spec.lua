-- The table of a map that C writes for pipes and files is the table that Lua makes of its pages.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local page = require("lunette.cli.map.page")
local shapes = require("tests.lua.support.shapes")
local tables = require("lunette.cli.table")

local PAGE <const> = 5000 -- rows whose widths are measured together

local function run(map, more)
  local pipe <close> = assert(io.popen(("%s map dump %d %s 2>&1"):format(
    fixture.binary(), map:id(), more or "")))
  return pipe:read("a")
end

-- The table of all pages, made of cells by Lua.
local function by_pages(map, given)
  given.where = {}
  local lines, columns, widths = {}, nil, nil
  page.each(page.variables(map:id(), given), given.limit, function(one)
    columns = columns or page.columns(one)
    local more
    more, widths = tables.lines(columns, one.rows, nil, widths)
    table.move(more, #lines == 0 and 1 or 2, #more, #lines + 1, lines)
  end)
  return table.concat(lines, "\n") .. "\n"
end

local function fill(map, entries)
  for _, entry in ipairs(entries) do assert(map:update(entry[1], entry[2])) end
end

describe("map dump as a table", function()
  it("is the same from C as from Lua, for odd cells too", function()
    local loaded <close> = assert(bpf.load(fixture.object("shapes")))
    for _, name in ipairs { "sh_texts", "sh_routed", "sh_cached", "sh_members", "sh_routes6",
      "sh_short", "sh_stations", "sh_wide" } do
      local map <close> = assert(loaded:map(name))
      fill(map, shapes.entries[name])
      assert.equal(by_pages(map, {}), run(map), name)
      for _, format in ipairs { "hex", "string", "number" } do
        assert.equal(by_pages(map, { decode = format }), run(map, "--decode " .. format),
          name .. " as " .. format)
      end
    end
  end)

  it("merges the CPUs' values as Lua does", function()
    if bpf.cpus() < 2 then return pending("there is one CPU") end
    local loaded <close> = assert(bpf.load(fixture.object("shapes")))
    local map <close> = assert(loaded:map("sh_running"))
    for cpu = 3, bpf.cpus() do shapes.running.mixed[cpu] = ("\0"):rep(48) end
    assert(map:update("\1\0\0\0", shapes.running.mixed))
    assert.equal(by_pages(map, {}), run(map))
    assert.truthy(run(map, "--cpus each"):find("CALLS@1", 1, true))
  end)

  it("widens columns from window to window, and keeps order, condition and limit", function()
    local loaded <close> = assert(bpf.load(fixture.object("maps"), {
      sizes = { mt_array = PAGE + 500 },
    }))
    local map <close> = assert(loaded:map("mt_array"))
    assert(map:update(("<I4"):pack(PAGE + 1), ("<i8"):pack(-1)))
    local all = run(map)
    assert.equal(by_pages(map, {}), all)
    assert.truthy(all:find("\n4999      0\n5000%s+0\n5001  18446744073709551615\n"))
    assert.equal(by_pages(map, { limit = PAGE + 1 }), run(map, "--limit " .. PAGE + 1))
    assert.equal(by_pages(map, { sort = "value", top = 7 }), run(map, "--sort value --top 7"))
    assert.truthy(run(map, "--where 'value > 0'"):find(
      "^ KEY +VALUE\n5001  18446744073709551615\n$"))
  end)

  it("says on stderr that there is nothing", function()
    local loaded <close> = assert(bpf.load(fixture.object("shapes")))
    local map <close> = assert(loaded:map("sh_texts"))
    assert.equal("the map is empty\n", run(map))
    fill(map, shapes.entries.sh_texts)
    assert.equal("no entry matches --where\n", run(map, "--where 'value > 100'"))
    assert.equal("the map is empty\n", run(map, "--limit 0"))
  end)
end)
