local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local rule_status = require("lunette.metrics.rule_status")
local support = require("tests.lua.metrics.support")
local d, metrics = lunette.decode, lunette.metrics

local KEY, VALUE = "<c16I4I4", "<I8I8i8d"

describe("rules over maps", function()
  local object, map

  before_each(function()
    support.clear()
    object = support.object()
    map = object:map("mx_struct")
  end)

  after_each(function() object:close() end)

  local function put(comm, pid, op, bytes, ns, balance, ratio)
    assert(map:update(KEY:pack(comm, pid, op),
      VALUE:pack(bytes, ns or 0, balance or 0, ratio or 0)))
  end

  local function info() return map:info() end

  local function rule(spec)
    spec.match = spec.match or { id = info().id }
    return metrics.map(spec)
  end

  it("take labels and values from BTF by path", function()
    put("cat", 7, 1, 4096)
    rule { name = "io_bytes_total", type = "counter", help = "Bytes",
      labels = { comm = "key.comm", pid = "key.pid" }, value = "value.bytes" }
    assert.are.equal("# HELP io_bytes_total Bytes\n# TYPE io_bytes_total counter\n"
      .. 'io_bytes_total{comm="cat",pid="7"} 4096\n', support.text())
  end)

  it("add up entries that have the same labels, exactly", function()
    put("cat", 1, 1, 0x7fffffffffffffff)
    put("cat", 2, 1, 2)
    put("dog", 3, 1, -1)
    rule { name = "io", labels = { comm = "key.comm" }, value = "value.bytes" }
    local text = support.text()
    assert.are.equal("9223372036854775809", support.sample(text, 'io{comm="cat"}'))
    assert.are.equal("18446744073709551615", support.sample(text, 'io{comm="dog"}'))
  end)

  it("take the smallest, the greatest, or the last instead", function()
    put("cat", 1, 1, 10)
    put("cat", 2, 1, 30)
    rule { name = "least", labels = { comm = "key.comm" }, value = "value.bytes",
      aggregate = "min" }
    rule { name = "most", labels = { comm = "key.comm" }, value = "value.bytes",
      aggregate = "max" }
    local text = support.text()
    assert.are.equal("10", support.sample(text, 'least{comm="cat"}'))
    assert.are.equal("30", support.sample(text, 'most{comm="cat"}'))
  end)

  it("give several metrics from one pass", function()
    put("cat", 1, 1, 10, 1500000000, -3, 0.25)
    rule { rule = "several", labels = { comm = "key.comm" }, metrics = {
      { name = "bytes", unit = "bytes", value = "value.bytes" },
      { name = "busy", type = "counter", unit = "seconds", from = "ns", value = "value.ns" },
      { name = "balance", value = "value.balance" },
      { name = "share", unit = "ratio", value = "value.ratio" },
    } }
    support.golden("several.txt", support.text())
    support.golden("several.om", support.text { format = "openmetrics" })
  end)

  it("have facts about the map, its programs, and constants as labels", function()
    put("cat", 1, 1, 10)
    rule { name = "io", value = "value.bytes", static = { site = "here" },
      labels = { map = "map.name", type = "map.type", kernel = "map.kernel_type" } }
    assert.are.equal("10", support.sample(support.text(),
      'io{kernel="hash",map="mx_struct",site="here",type="Hash"}'))
  end)

  it("call Lua functions for labels, values and filters", function()
    put("cat", 1, 1, 10)
    put("dog", 2, 1, 20)
    put("eel", 3, 1, 40)
    rule { name = "io", labels = { comm = function(key) return key.comm:upper() end },
      filter = function(key) return key.comm ~= "dog" end,
      value = function(_, value) return value.bytes / 4 end }
    assert.are.equal("# TYPE io gauge\nio{comm=\"CAT\"} 2.5\nio{comm=\"EEL\"} 10\n",
      support.text())
  end)

  it("filter by label and relabel by table, pattern and function", function()
    put("cat", 1, 1, 10)
    put("dog", 2, 2, 20)
    put("eel", 3, 3, 40)
    rule { name = "io", labels = { comm = "key.comm", op = { "key.op", { "static_map",
        { [1] = "read", [2] = "write" } } } }, value = "value.bytes",
      filter = { comm = "^[cd]" },
      relabel = { comm = { cat = "feline" },
        { label = "comm", pattern = "^d(.*)$", replace = "D$1" },
        function(labels) return { comm = labels.comm, op = labels.op:sub(1, 1) } end } }
    assert.are.equal("# TYPE io gauge\nio{comm=\"Dog\",op=\"w\"} 20\n"
      .. "io{comm=\"feline\",op=\"r\"} 10\n", support.text())
  end)

  it("have the labels that a function returns, and no others", function()
    put("cat", 1, 1, 10)
    local function relabelled(fn)
      support.clear()
      rule { rule = "relabelled", name = "io", labels = { comm = "key.comm", op = "key.op" },
        value = "value.bytes", relabel = fn }
      return support.text():match("io{.*}") or ""
    end
    assert.are.equal('io{comm="x",op=""}', relabelled(function() return { comm = "x" } end))
    assert.are.equal('io{comm="cat",op=""}', relabelled(function(labels)
      labels.op = nil
      return labels
    end))
    assert.are.equal('io{comm="2.5",op="7"}', relabelled(function(labels)
      labels.comm, labels.op = 2.5, 7
      return true
    end))
    assert.are.equal("", relabelled(function() return false end))
    for said, fn in pairs {
      ["must return a table of labels, true, false or nil, not a string"] =
        function() return "cat" end,
      ["made a label 'new' that the rule does not declare"] =
        function() return { new = "x" } end,
      ["label 'comm' must be a string, a number or a boolean, not a table"] =
        function() return { comm = {} } end,
    } do
      assert.are.equal("", relabelled(fn))
      local message = rule_status.get("relabelled").error
      assert.is_truthy(message:find(said, 1, true), said)
      assert.is_falsy(message:find("[C]", 1, true), message)
    end
  end)

  it("merge series whose labels become equal", function()
    put("cat1", 1, 1, 10)
    put("cat2", 2, 1, 20)
    rule { name = "io", labels = { comm = "key.comm" }, value = "value.bytes",
      relabel = { { label = "comm", pattern = "^(cat)", replace = "$1" } } }
    assert.are.equal("30", support.sample(support.text(), 'io{comm="cat"}'))
  end)

  it("keep the greatest within their budget, and say what was cut", function()
    for i = 1, 20 do put("p" .. i, i, 1, i) end
    rule { rule = "budget", name = "io", labels = { comm = "key.comm" }, value = "value.bytes",
      top = 2 }
    local text = support.text { off = { programs = true, maps = true, links = true, btf = true,
      devagent = true } }
    assert.are.equal("20", support.sample(text, 'io{comm="p20"}'))
    assert.are.equal("19", support.sample(text, 'io{comm="p19"}'))
    assert.is_nil(support.sample(text, 'io{comm="p18"}'))
    assert.are.equal("18", support.sample(text,
      'lunette_rule_series_cut{reason="top",rule="budget"}'))
  end)

  it("never give more than max_series", function()
    for i = 1, 20 do put("p" .. i, i, 1, i) end
    rule { rule = "most", name = "io", labels = { comm = "key.comm" }, value = "value.bytes",
      max_series = 5 }
    local _, n = support.text():gsub("\nio{", "")
    assert.are.equal(5, n)
    assert.are.equal(15, rule_status.get("most").cut_max)
  end)

  it("choose the greatest of what is added up, where names are alike", function()
    -- More than a pass gathers before it drops the smaller ones.
    local many = assert(bpf.load(fixture.object("metrics_big")))
    local handle <close> = many
    local big = handle:map("mx_big")
    local n = 40000
    for i = 1, n do
      local key = ("<zI8"):pack(("%07d"):format(i % (n // 2)), i)
      assert(big:update(key, ("<I8"):pack(1000)))
    end
    for i = 1, 3 do assert(big:update(("<c16"):pack("a\0" .. i), ("<I8"):pack(900))) end
    local function top(name, node, labels)
      metrics.map { name = name, match = { id = big:info().id }, top = 1,
        decode = { key = node, value = d.u64() }, labels = labels }
    end
    top("twice", d.struct { d.cstring(8):as("a"), d.u64():as("b") }, { a = "key.a" })
    top("text", d.cstring(16):as("a"), { a = "key" })
    local text = support.text()
    assert.are.equal("2700", support.sample(text, 'twice{a="a"}'))
    assert.are.equal("2700", support.sample(text, 'text{a="a"}'))
  end)

  it("decode by a decoder of their own", function()
    local wide = object:map("mx_wide")
    assert(wide:update(("<I4>I2I2"):pack(0x0100007f, 443, 0), ("<I8I8"):pack(1, 2)))
    metrics.map { name = "hits", match = { id = wide:info().id },
      decode = { key = d.struct { d.ipv4():as("ip"), d.port():as("port"), d.u16():as("pad") },
        value = d.struct { d.u64():as("a"), d.u64():as("b") } },
      labels = { ip = "key.ip", port = "key.port" }, value = "value.b" }
    assert.are.equal("2", support.sample(support.text(), 'hits{ip="127.0.0.1",port="443"}'))
  end)

  it("are info, state sets and constants too", function()
    put("cat", 1, 2, 10)
    rule { name = "who", type = "info", labels = { comm = "key.comm" } }
    rule { name = "op", type = "stateset", labels = { pid = "key.pid" },
      value = function(key) return key.op end, states = { [1] = "read", [2] = "write" } }
    rule { name = "entries", value = 1 }
    support.golden("kinds.txt", support.text())
    support.golden("kinds.om", support.text { format = "openmetrics" })
  end)

  it("give exemplars in OpenMetrics only", function()
    put("cat", 1, 1, 10)
    rule { name = "io", type = "counter", labels = { comm = "key.comm" }, value = "value.bytes",
      exemplar = function(labels, value)
        return { labels = { trace = labels.comm .. "-1" }, value = value }
      end }
    local om = support.text { format = "openmetrics" }
    assert.is_truthy(om:find('io_total{comm="cat"} 10 # {trace="cat-1"} 10\n', 1, true))
    assert.is_falsy(support.text():find("trace"))
  end)

  local function open_metrics() return support.text { format = "openmetrics" } end

  it("give exemplars in the metric's unit, to one metric of the rule", function()
    put("cat", 1, 3, 1500000000)
    rule { rule = "r", labels = { comm = "key.comm" }, metrics = {
        { name = "now", value = "value.bytes" },
        { name = "spent", type = "counter", value = "value.bytes", from = "ns", unit = "seconds" },
        { name = "ops", type = "counter", value = 1 } },
      exemplar = function(_, value) return { labels = { v = value, n = 7 } } end }
    local om = open_metrics()
    assert.is_truthy(om:find('spent_seconds_total{comm="cat"} 1.5 # {n="7",v="1.5"} 1.5\n', 1, true)
      or om:find('spent_seconds_total{comm="cat"} 1.5 # {v="1.5",n="7"} 1.5\n', 1, true), om)
    assert.is_truthy(om:find('ops_total{comm="cat"} 1\n', 1, true))
    assert.is_truthy(om:find('now{comm="cat"} 1500000000\n', 1, true))
  end)

  it("put a histogram's exemplar into a bucket that counted, in its unit", function()
    put("cat", 1, 1, 3000)
    put("cat", 2, 1, 9000)
    local spec = { rule = "r", name = "took", type = "histogram", value = "value.bytes",
      from = "ms", unit = "seconds",
      buckets = { kind = "fixed", bounds = { 1000, 4000, 8000, 16000, 32000 } },
      exemplar = function(_, count) return { labels = { count = count } } end }
    rule(spec)
    local om = open_metrics()
    assert.is_truthy(om:find('took_seconds_bucket{le="16"} 2 # {count="2"} 16\n', 1, true)
      or om:find('took_seconds_bucket{le="16.0"} 2 # {count="2"} 16\n', 1, true), om)
    assert.are.equal(1, select(2, om:gsub(" # ", "")))
    support.clear()
    spec.exemplar = function() return { labels = { id = "x" }, value = 3 } end
    rule(spec)
    om = open_metrics()
    assert.is_truthy(om:find('took_seconds_bucket{le="4"} 1 # {id="x"} 3\n', 1, true)
      or om:find('took_seconds_bucket{le="4.0"} 1 # {id="x"} 3\n', 1, true), om)
    support.clear()
    put("cat", 1, 1, 90000)
    put("cat", 2, 1, 90000)
    spec.exemplar = function() return { labels = { id = "x" } } end
    rule(spec)
    assert.is_falsy(open_metrics():find(" # ", 1, true)) -- only the bucket up to +Inf
  end)

  it("rank a histogram by what it counted, not by its first bucket", function()
    for i = 1, 9 do put("often", i, 1, 9000) end
    put("seldom", 1, 1, 1)
    rule { name = "took", type = "histogram", labels = { comm = "key.comm" }, top = 1,
      value = "value.bytes", buckets = { kind = "fixed", bounds = { 1000, 16000 } } }
    local text = support.text()
    assert.are.equal("9", support.sample(text, 'took_count{comm="often"}'))
    assert.is_nil(support.sample(text, 'took_count{comm="seldom"}'))
  end)

  it("end when the map has gone", function()
    rule { name = "io", labels = { comm = "key.comm" }, value = "value.bytes" }
    object:close()
    assert.are.equal("", support.text())
    assert.are.equal(0, rule_status.get("io").errors)
  end)

  it("come in part when asked for in part", function()
    put("cat", 1, 1, 10)
    rule { rule = "a", name = "one", value = "value.bytes" }
    rule { rule = "b", name = "two", type = "counter", value = "value.bytes" }
    assert.are.equal("# TYPE one gauge\none 10\n", support.text { rules = { a = true } })
    assert.are.equal("# TYPE two_total counter\ntwo_total 10\n",
      support.text { names = { two_total = true } })
  end)

  it("give a marker, not half a sum, when the deadline has come", function()
    put("cat", 1, 1, 10)
    rule { rule = "late", name = "io", value = "value.bytes" }
    local text = support.text { deadline = 1, off = { programs = true, maps = true,
      links = true, btf = true, devagent = true } }
    assert.is_nil(support.sample(text, "io"))
    assert.are.equal("0", support.sample(text, 'lunette_rule_up{rule="late"}'))
  end)
end)
