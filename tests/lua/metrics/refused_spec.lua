-- Bad input: each kind has its outcome, as lua/meta/metrics.lua says.

local lunette = require("lunette")
local rule_status = require("lunette.metrics.rule_status")
local support = require("tests.lua.metrics.support")
local d, metrics = lunette.decode, lunette.metrics

describe("a rule is refused at load", function()
  before_each(support.clear)

  local function refused(name, spec, words)
    it(name, function()
      spec.match = spec.match or "x"
      local message = support.refused(spec)
      assert.is_truthy(message:find(words, 1, true), message)
      assert.is_truthy(message:find("support.lua:%d+:"), "no place in: " .. message)
    end)
  end

  refused("with an unknown decoder", { name = "x", labels = { a = { "key", "nosuch" } } },
    "no decoder 'nosuch'")
  refused("with a label name that Prometheus forbids", { name = "x", labels = { ["a-b"] = "key" } },
    "label 'a-b' is not one that Prometheus takes")
  refused("with a reserved label name", { name = "x", labels = { __name__ = "key" } },
    "label '__name__'")
  refused("with le as a histogram's label", { name = "x", type = "histogram",
    buckets = { kind = "log2" }, labels = { le = "key" } }, "is the histogram's own")
  refused("with a bad metric name", { name = "a b" }, "name 'a b'")
  refused("without a name", {}, "name: must be a string")
  refused("with a regexp that doesn't compile",
    { name = "x", labels = { a = { "key", { "regexp", "(" } } } }, "does not compile")
  refused("with a filter that doesn't compile",
    { name = "x", labels = { a = "key" }, filter = { a = "[" } }, "does not compile")
  refused("with an expression that is none", { name = "x", labels = { a = "keys.pid" } },
    "neither key")
  refused("with an unknown type", { name = "x", type = "guage" }, "type: no 'guage'")
  refused("with an unknown field", { name = "x", lables = {} }, "no field 'lables'")
  refused("with an unknown condition", { name = "x", match = { nmae = "y" } },
    "no condition 'nmae'")
  refused("with units that do not convert", { name = "x", unit = "seconds", from = "kB" },
    'from = "kB": it converts to unit = "bytes", not to "seconds"')
  refused("with a unit that is none", { name = "x", unit = "seconds", from = "nanos" },
    'from = "nanos": there is no such unit; there are B, KiB, MiB, bits, ')
  refused("with bounds in a unit that the metric lacks", { name = "x", type = "histogram",
    buckets = { kind = "log2", unit = "ns" } },
    'buckets.unit = "ns": the metric needs unit = "seconds", too')
  refused("with bounds in another unit than the metric's", { name = "x", type = "histogram",
    unit = "bytes", buckets = { kind = "log2", unit = "ns" } },
    'buckets.unit = "ns": it converts to unit = "seconds", not to "bytes"')
  refused("with bounds in a unit that is no text", { name = "x", type = "histogram",
    unit = "seconds", buckets = { kind = "log2", unit = 1000 } }, "buckets.unit: must be text")
  refused("with a budget of nothing", { name = "x", top = 0 }, "top: must be a number above 0")
  refused("with a histogram without buckets", { name = "x", type = "histogram" },
    "needs buckets")
  refused("when it relabels what it has not",
    { name = "x", relabel = { { label = "a", pattern = "." } } }, "no label 'a'")
  refused("with a decode part that is none", { name = "x", decode = { key = "u64" } },
    "decode.key: must be made by lunette.decode")

  it("when another rule has the metric", function()
    metrics.map { name = "same", match = "x" }
    local message = support.refused { name = "same", match = "y" }
    assert.is_truthy(message:find("metric 'same' is declared already at", 1, true))
    assert.is_truthy(support.refused { rule = "other", match = "y",
      metrics = { { name = "same_created" }, { name = "same" } } }:find("already"))
  end)
end)

describe("at the scrape", function()
  local object

  before_each(function()
    support.clear()
    object = support.object()
  end)

  after_each(function() object:close() end)

  local function struct(comm, value)
    local map = object:map("mx_struct")
    map:update(("<c16I4I4"):pack(comm, 1, 1), ("<I8I8i8d"):pack(5, 0, 0, value or 0))
    return map:info().id
  end

  it("a column that the map lacks fails that rule alone, with the columns there are", function()
    local id = struct("a")
    metrics.map { rule = "lacks", name = "bad", match = { id = id }, value = "value.nosuch" }
    metrics.map { name = "good", match = { id = id }, value = "value.bytes" }
    assert.are.equal("# TYPE good gauge\ngood 5\n", support.text())
    local message = rule_status.get("lacks").error
    assert.is_truthy(message:find("it has bytes, ns, balance, ratio", 1, true))
  end)

  it("NaN is no number: the entry is left out and counted", function()
    local id = struct("a", 0 / 0)
    metrics.map { rule = "nan", name = "ratio", match = { id = id }, value = "value.ratio" }
    assert.is_falsy(support.text():find("ratio NaN", 1, true))
    assert.are.equal(1, rule_status.get("nan").errors)
    assert.is_truthy(rule_status.get("nan").error:find("in the entry with key 61"))
  end)

  it("a function that gives no number is counted, with its entry", function()
    local id = struct("a")
    metrics.map { rule = "text", name = "x", match = { id = id },
      value = function() return "many" end }
    support.text()
    assert.are.equal(1, rule_status.get("text").errors)
    local message = rule_status.get("text").error
    assert.is_truthy(message:find("must be a number, not 'many' in the entry with key"))
  end)

  it("a function that fails is counted with its place; the other entries stay", function()
    local map = object:map("mx_struct")
    local id = struct("a")
    map:update(("<c16I4I4"):pack("b", 1, 1), ("<I8I8i8d"):pack(7, 0, 0, 0))
    metrics.map { rule = "fails", name = "x", match = { id = id }, labels = { comm = "key.comm" },
      value = function(key, value) return key.comm == "a" and key.no.where or value.bytes end }
    assert.are.equal("7", support.sample(support.text(), 'x{comm="b"}'))
    assert.is_truthy(rule_status.get("fails").error:find("refused_spec.lua:%d+"))
  end)

  it("a value too wide for a number is counted", function()
    local map = object:map("mx_wide")
    map:update(("<I8"):pack(1), ("<I8I8"):pack(1, 2))
    metrics.map { rule = "wide", name = "x", match = { id = map:info().id } }
    support.text()
    assert.is_truthy(rule_status.get("wide").error:find("not a number"))
  end)

  it("invalid UTF-8 in a label becomes U+FFFD, and equal ones are merged", function()
    local id = struct("a\xff")
    local map = object:map("mx_struct")
    map:update(("<c16I4I4"):pack("a\xfe", 1, 1), ("<I8I8i8d"):pack(7, 0, 0, 0))
    local key = d.struct { d.cstring(16):as("comm"), d.u32():as("op"), d.u32():as("n") }
    metrics.map { name = "x", match = { id = id }, labels = { comm = "key.comm" },
      value = "value.bytes", decode = { key = key } }
    assert.are.equal("12", support.sample(support.text(), 'x{comm="a\u{fffd}"}'))
    support.clear()
    metrics.map { name = "x", match = { id = id }, labels = { comm = "key.comm" },
      value = "value.bytes" } -- BTF's characters that are no text are hex
    assert.are.equal("5", support.sample(support.text(),
      ('x{comm="61ff%s"}'):format(("0"):rep(28))))
  end)

  it("quotes, backslashes and line ends in a label are escaped", function()
    local id = struct('a"\\\n')
    metrics.map { name = "x", match = { id = id }, labels = { comm = "key.comm" },
      value = "value.bytes" }
    assert.are.equal("5", support.sample(support.text(), 'x{comm="a\\"\\\\\\n"}'))
  end)

  it("a label of 64 kB is cut at 1,024 bytes and counted", function()
    local id = struct("a")
    metrics.map { rule = "long", name = "x", match = { id = id },
      labels = { long = function() return ("\u{e9}"):rep(32768) end }, value = "value.bytes" }
    local text = support.text()
    assert.are.equal("5", support.sample(text, ('x{long="%s"}'):format(("\u{e9}"):rep(512))))
    assert.are.equal(1, require("lunette.core.metrics").counts("labels_cut").long)
  end)

  it("a collector's labels and series over the budget are cut and counted", function()
    metrics.collect("much", { max_series = 2 }, function(emit)
      for i = 1, 5 do emit("much", i, { i = i }) end
      emit("other", 1, { long = ("x"):rep(65536) })
    end)
    local text = support.text()
    local _, lines = text:gsub("\nmuch{", "")
    assert.are.equal(2, lines)
    assert.are.equal("1", support.sample(text, ('other{long="%s"}'):format(("x"):rep(1024))))
    assert.are.equal(3, rule_status.get("much").cut_max)
    assert.are.equal(1, require("lunette.core.metrics").counts("labels_cut").much)
  end)

  it("a clash between two collectors is counted, and the first one's samples stay", function()
    metrics.collect("first", function(emit) emit { name = "x", value = 1 } end)
    metrics.collect("second", function(emit) emit { name = "x", value = 2 } end)
    assert.are.equal("# TYPE x gauge\nx 1\n", support.text())
    assert.is_truthy(rule_status.get("second").error:find("belongs to first already"))
  end)

  it("of a collector that would make the page unreadable is left out, and counted", function()
    for why, sample in pairs {
      ["c: a counter must be 0 or more"] = { name = "c", type = "counter", value = -1 },
      ["i: the value of an info must be 1"] = { name = "i", type = "info", value = 2 },
      ["s: the value of a state must be 0 or 1"] = { name = "s", type = "stateset", value = 2,
        labels = { s = "on" } },
      ["s: needs the state as label 's'"] = { name = "s", type = "stateset", value = 1 },
      ["type: a collector has no summaries"] = { name = "q", type = "summary", value = 2 },
      ["h: a histogram needs bounds"] = { name = "h", type = "histogram", counts = { 1 } },
      ["h: buckets: bounds must be numbers that go up"] = { name = "h", type = "histogram",
        bounds = { 2, 1 }, counts = { 1, 1, 1 } },
      ["h: buckets: bounds must be finite numbers"] = { name = "h", type = "histogram",
        bounds = { 1, math.huge }, counts = { 1, 1, 1 } },
      ["emit: no field 'vaule' (did you mean 'value'?)"] = { name = "g", vaule = 1 },
      ["g: bounds is for a histogram"] = { name = "g", value = 1, bounds = { 1 } },
      ["h: a histogram has counts, not a value"] = { name = "h", type = "histogram",
        bounds = { 1 }, counts = { 1, 1 }, value = 2 },
      ["label 'l' must be a string, a number or a boolean, not a table"] = { name = "g",
        value = 1, labels = { l = {} } },
      ["labels: a name must be a string, not 1"] = { name = "g", value = 1, labels = { "a" } },
      ["emit: labels must be a table"] = { name = "g", value = 1, labels = "a" },
      ["emit: help must be a string"] = { name = "g", value = 1, help = 5 },
      ["name 'g?x' is not one"] = { name = "g\0x", value = 1 },
      ["h: counts must be numbers of 0 or more"] = { name = "h", type = "histogram",
        bounds = { 1 }, counts = { 1, -1 } },
    } do
      support.clear()
      metrics.collect("wrong", function(emit) emit(sample) end)
      local tried = metrics.try("wrong")
      assert.is_false(tried.ok)
      assert.are.same({}, tried.samples)
      assert.is_truthy(tried.error:find(why, 1, true), tried.error)
    end
    support.clear()
    metrics.collect("falls", function(emit)
      emit.family { name = "f", type = "counter" }
      for i = 1, -1, -1 do emit("f", i, { i = i }) end -- C takes those that are like the first
      local histogram = { name = "h", type = "histogram", bounds = { 1 }, counts = { 1, 1 } }
      emit(histogram)
      emit(histogram)
      emit("g", -2)
      emit("g", -3, { a = "b" })
    end)
    metrics.collect("families", function(emit)
      emit.family { name = "f2", hlep = "x" }
    end)
    assert.is_truthy(metrics.try("families").error:find("no field 'hlep' (did you mean 'help'?)", 1,
      true))
    local text = support.text { off = {}, rules = { falls = true } }
    assert.are.equal("0", support.sample(text, 'f_total{i="0"}'))
    assert.is_nil(support.sample(text, 'f_total{i="-1"}'))
    assert.are.equal("2", support.sample(text, "h_count"))
    assert.are.equal("-3", support.sample(text, 'g{a="b"}'))
    assert.are.equal("2", support.sample(text, 'lunette_rule_errors_total{rule="falls"}'))
  end)

  it("a NUL in a help text does not end the line", function()
    metrics.collect("nul", function(emit) emit { name = "n", help = "a\0b\nc", value = 1 } end)
    assert.are.equal("# HELP n a\u{fffd}b\\nc\n# TYPE n gauge\nn 1\n", support.text())
  end)

  it("a collector's options are checked when it is declared", function()
    local function fn() end
    for said, given in pairs {
      ["metrics.collect: no 'max_serie' (did you mean 'max_series'?)"] = { "a", { max_serie = 1 } },
      ["metrics.collect: max_series must be a whole number above 0"] = { "a", { max_series = 0 } },
      ["metrics.collect: the options must be a table"] = { "a", 5 },
      ["metrics.collect: the name must be a string"] = { 5, {} },
    } do
      local ok, err = pcall(metrics.collect, given[1], given[2], fn)
      assert.is_false(ok)
      assert.is_truthy(err:find(said, 1, true), err)
    end
  end)

  it("a mistake in a collector is told with its line", function()
    local one = load('return function(emit) emit("g", 1, { l = {} }) end', "@one.lua")()
    metrics.collect("one line", one)
    assert.is_truthy(metrics.try("one line").error:find("^one.lua:1: label 'l' must be"))
  end)

  it("a sample given twice is counted, and the first one stays", function()
    metrics.collect("twice", function(emit)
      emit("x", 1, { a = "b" })
      emit("x", 2, { a = "b" })
    end)
    assert.are.equal('# TYPE x gauge\nx{a="b"} 1\n', support.text())
    assert.is_truthy(rule_status.get("twice").error:find('x{a="b"} was given twice', 1, true))
  end)

  it("a collector that fails keeps what it gave, and the others go on", function()
    metrics.collect("breaks", function(emit)
      emit("before", 1)
      error("broken here")
    end)
    metrics.collect("works", function(emit) emit("after", 2) end)
    assert.are.equal("# TYPE after gauge\nafter 2\n# TYPE before gauge\nbefore 1\n",
      support.text())
    assert.is_truthy(rule_status.get("breaks").error:find("refused_spec.lua:%d+: broken here"))
  end)

  it("one that does not come back is ended, and the others have their turn", function()
    metrics.collect("endless", function() while true do end end)
    metrics.collect("works", function(emit) emit("after", 2) end)
    local now = require("lunette").now()
    assert.are.equal("# TYPE after gauge\nafter 2\n", support.text { deadline = now + 10 })
    assert.is_truthy(rule_status.get("endless").error:find("over budget: %d+%.%d+ seconds"))
    assert.is_falsy(rule_status.get("endless").error:find("lunette/metrics/", 1, true))
  end)

  it("a d.func that a label needs runs in Lua", function()
    local map = object:map("mx_wide")
    map:update("abcdefgh", ("<I8I8"):pack(1, 2))
    metrics.map { name = "x", match = { id = map:info().id },
      decode = { key = function(bytes) return bytes:reverse() end,
        value = d.struct { d.u64():as("a"), d.u64():as("b") } },
      labels = { key = "key" }, value = "value.a" }
    assert.are.equal("1", support.sample(support.text(), 'x{key="hgfedcba"}'))
  end)
end)
