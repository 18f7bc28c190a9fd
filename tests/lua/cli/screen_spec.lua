-- Parts of the full screen: characters for any locale, colours, frames of changed lines, painted
-- tables, text search, the tree of a program.

local Text = require("lunette.cli.top.text")
local glyphs = require("lunette.cli.glyphs")
local screen = require("lunette.cli.screen")
local style = require("lunette.cli.style")
local tables = require("lunette.cli.table")
local tty = require("lunette.core.tty")

local getenv = os.getenv

-- Runs fn with other environment variables.
local function with_env(env, fn)
  rawset(os, "getenv", function(name) return env[name] end)
  local ok, err = pcall(fn)
  rawset(os, "getenv", getenv)
  assert(ok, err)
end

describe("glyphs", function()
  it("are ASCII, and as wide, where the locale is", function()
    with_env({ LANG = "de_DE.ISO-8859-1" }, function()
      assert.equal("|- a~ .# ?? ?", glyphs.fit("├─ a… ▂▇ é\xff Ж"))
    end)
    with_env({}, function() assert.equal("v", glyphs.fit("▼")) end)
  end)

  it("stay as they are in UTF-8; LC_ALL comes before LANG", function()
    with_env({ LANG = "C.utf8" }, function() assert.equal("├─ ▼", glyphs.fit("├─ ▼")) end)
    with_env({ LC_ALL = "C", LANG = "C.UTF-8" }, function()
      assert.equal("v", glyphs.fit("▼"))
    end)
  end)
end)

describe("style", function()
  it("knows terminals without colours, and without a cursor", function()
    for term, colours in pairs { xterm = true, ["screen-256color"] = true, vt100 = false,
      vt220 = false, ["xterm-mono"] = false, dumb = false } do
      with_env({ TERM = term }, function() assert.equal(colours, style.colours(), term) end)
    end
    with_env({ TERM = "xterm", NO_COLOR = "1" }, function() assert.is_false(style.colours()) end)
    with_env({ TERM = "dumb" }, function() assert.is_false(style.moves()) end)
    with_env({}, function() assert.is_false(style.moves()) end)
    with_env({ TERM = "vt100" }, function() assert.is_true(style.moves()) end)
  end)

  it("warms with a share of a CPU", function()
    assert.same({ "dim", "plain", "warm", "hot" }, { style.heat(0), style.heat(0.009),
      style.heat(0.01), style.heat(0.1) })
  end)
end)

describe("screen.draw", function()
  local write, size = io.write, tty.size
  local written

  before_each(function()
    written = {}
    rawset(io, "write", function(...) written[#written + 1] = table.concat({ ... }) end)
    tty.size = function() return 20, 3 end
    screen.forget()
  end)
  after_each(function()
    rawset(io, "write", write)
    tty.size = size
  end)

  it("writes a frame at once, then only the lines that changed", function()
    screen.draw { "a", "b", "c", "left out" }
    assert.equal(1, #written)
    assert.matches("\27%[2J.*\27%[1;1H\27%[2Ka.*\27%[3;1H\27%[2Kc", written[1])
    assert.is_nil(written[1]:find("left out"))
    screen.draw { "a", "B", "c" }
    assert.equal("\27[?2026h\27[2;1H\27[2KB\27[?2026l", written[2])
    screen.draw { "a", "B", "c" }
    assert.equal(2, #written)
    screen.draw { "a" }
    assert.matches("\27%[2;1H\27%[2K\27%[3;1H\27%[2K", written[3])
  end)

  it("draws anew in a window of another size, and when it is told to", function()
    screen.draw { "a" }
    tty.size = function() return 30, 3 end
    screen.draw { "a" }
    assert.matches("\27%[2J", written[2])
    screen.forget()
    screen.draw { "a" }
    assert.matches("\27%[2J", written[3])
  end)
end)

describe("tables.lines", function()
  local columns = {
    { title = "NAME", field = "name", shrink = true, least = 6 },
    { title = "N", field = "n", align = "right",
      paint = function(text, row) return row.n > 1 and "<" .. text .. ">" or text end },
    { title = "WHERE", field = "where", shrink = true },
  }
  local rows = { { name = "abcdefghij", n = 1, where = "somewhere else" },
    { name = "b", n = 22, where = "x" } }

  it("lets columns paint cells, padding and all", function()
    local lines = tables.lines(columns, rows, 60, nil, true)
    assert.equal("abcdefghij   1  somewhere else", lines[2])
    assert.equal("b           <22>  x", lines[3])
    assert.equal("b           22  x", tables.lines(columns, rows, 60)[3])
  end)

  it("cuts a column to what it keeps at least", function()
    local lines = tables.lines(columns, rows, 20, nil, true)
    assert.equal("abcde…   1  somewhe…", lines[2])
    for _, line in ipairs(tables.lines(columns, rows, 10, nil, true)) do
      assert.truthy(tables.length(line) <= 10)
    end
  end)
end)

describe("a text on the screen", function()
  local function view()
    local lines = {}
    for i = 1, 50 do lines[i] = i % 10 == 0 and "ten " .. i or "line " .. i end
    local text = Text.new { title = "numbers", lines = function() return lines end }
    text:draw(20, 5)
    return text
  end

  it("scrolls, and not beyond its ends", function()
    local text = view()
    text:key("up")
    assert.equal("line 1", text:draw(20, 5)[1])
    text:key("pagedown")
    assert.equal("line 6", text:draw(20, 5)[1])
    text:key("end")
    assert.equal("ten 50", text:draw(20, 5)[5])
    text:key("home")
    assert.equal("line 1", text:draw(20, 5)[1])
    assert.is_nil(text:key("x"))
  end)

  it("is searched, forwards, backwards and around", function()
    local text = view()
    for key in ("/TEN"):gmatch(".") do assert.is_true(text:key(key)) end
    assert.equal("numbers  /TEN_", text:title())
    assert.matches("ten.* 10", text:draw(20, 5)[1])
    text:key("enter")
    text:key("n")
    assert.matches("ten.* 20", text:draw(20, 5)[1])
    text:key("N")
    text:key("N")
    assert.matches("ten.* 50", text:draw(20, 5)[5])
    text:key("escape")
    assert.equal("numbers", text:title())
    for key in ("/no"):gmatch(".") do text:key(key) end
    text:key("enter")
    assert.equal("numbers  /no (not found)", text:title())
  end)
end)
