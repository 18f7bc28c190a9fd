local buckets = require("lunette.metrics.buckets")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")
local rule_status = require("lunette.metrics.rule_status")
local d, metrics = lunette.decode, lunette.metrics

-- The pages of a rule that C reads (in_c), and of the same rule with a filter, which Lua reads
-- (in_lua).
local function both_ways(spec)
  spec.name = "in_c"
  metrics.map(spec)
  spec.name, spec.filter = "in_lua", function() return true end
  metrics.map(spec)
  return support.text()
end

describe("histograms", function()
  local object

  before_each(function()
    support.clear()
    object = support.object()
  end)

  after_each(function() object:close() end)

  it("come of slots in values, with a sum", function()
    local map = object:map("mx_hist")
    map:update(("<I4"):pack(0), ("<I4I4I4I4I4I4I4I4I8"):pack(1, 0, 2, 0, 0, 0, 0, 5, 700))
    metrics.map { name = "latency", type = "histogram", unit = "seconds", help = "How long",
      match = { id = map:info().id }, labels = { disk = "key" }, slots = "value.slots",
      sum = "value.sum", from = "us", buckets = { kind = "log2", max = 6, unit = "us" } }
    support.golden("slots.txt", support.text())
    support.golden("slots.om", support.text { format = "openmetrics" })
  end)

  it("come of bucket numbers in keys, and one of them may be the sum", function()
    local map = object:map("mx_buckets")
    for bucket, count in pairs { [0] = 3, [2] = 4, [9] = 1, [10] = 555 } do
      map:update(("<I4I4"):pack(8, bucket), ("<I8"):pack(count))
    end
    metrics.map { name = "size_bytes", type = "histogram", match = { id = map:info().id },
      labels = { disk = "key.disk" }, bucket = "key.bucket", value = "value",
      buckets = { kind = "exp2", min = 0, max = 3, sum = 10 } }
    local text = support.text()
    assert.are.equal("3", support.sample(text, 'size_bytes_bucket{disk="8",le="1"}'))
    assert.are.equal("7", support.sample(text, 'size_bytes_bucket{disk="8",le="4"}'))
    assert.are.equal("8", support.sample(text, 'size_bytes_bucket{disk="8",le="+Inf"}'))
    assert.are.equal("8", support.sample(text, 'size_bytes_count{disk="8"}'))
    assert.are.equal("555", support.sample(text, 'size_bytes_sum{disk="8"}'))
  end)

  it("put bucket numbers of any size where they belong, no count below zero anywhere", function()
    local map = object:map("mx_wide")
    for i, pair in ipairs { { 0, 1 }, { -1, 2 }, { math.mininteger, 4 }, { math.maxinteger, 8 } } do
      map:update(("<I8"):pack(i), ("<i8i8"):pack(pair[1], pair[2]))
    end
    local spec = { type = "histogram", match = { id = map:info().id }, bucket = "value.at",
      decode = { value = d.struct { d.u64():as("at"), d.i64():as("n") } }, value = "value.n",
      buckets = { kind = "exp2", min = 0, max = 3 } }
    local text = both_ways(spec)
    for _, name in ipairs { "in_c", "in_lua" } do
      assert.are.equal("1", support.sample(text, name .. '_bucket{le="1"}'))
      assert.are.equal("1", support.sample(text, name .. '_bucket{le="8"}'))
      assert.are.equal("15", support.sample(text, name .. '_bucket{le="+Inf"}'))
    end
    support.clear()
    spec.filter, spec.decode.value = nil, d.struct { d.i64():as("at"), d.i64():as("n") }
    text = both_ways(spec)
    for _, name in ipairs { "in_c", "in_lua" } do
      assert.are.equal("7", support.sample(text, name .. '_bucket{le="1"}'))
      assert.are.equal("15", support.sample(text, name .. '_bucket{le="+Inf"}'))
    end
    support.clear()
    spec.filter, spec.bucket, spec.value, spec.slots = nil, nil, nil, "value"
    spec.decode.value = d.array(d.i64(), 2)
    both_ways(spec)
    for _, name in ipairs { "in_c", "in_lua" } do
      assert.is_truthy(rule_status.get(name).error:find("a count below zero"))
    end
  end)

  it("never fall where their counts pass 64 bits", function()
    local map = object:map("mx_buckets")
    for bucket, count in pairs { [0] = 7, [1] = -1, [2] = 5, [9] = 600 } do
      map:update(("<I4I4"):pack(8, bucket), ("<i8"):pack(count))
    end
    local text = both_ways { type = "histogram", match = { id = map:info().id },
      bucket = "key.bucket", value = "value", buckets = { kind = "exp2", min = 0, max = 3 } }
    for _, name in ipairs { "in_c", "in_lua" } do
      local function le(bound)
        return support.sample(text, ('%s_bucket{le="%s"}'):format(name, bound))
      end
      assert.are.equal("7", le("1"))
      assert.are.equal(2.0 ^ 64, tonumber(le("2")))
      assert.are.equal(2.0 ^ 64, tonumber(le("4")))
      assert.are.equal(2.0 ^ 64, tonumber(le("+Inf")))
      assert.are.equal(2.0 ^ 64, tonumber(support.sample(text, name .. "_count")))
    end
  end)

  it("take ebpf_exporter's maps: keys that are bounds, a multiplier for bounds and sum", function()
    local map = object:map("mx_buckets")
    for bucket, count in pairs { [1] = 3, [5] = 4, [20] = 2, [21] = 60 } do
      map:update(("<I4I4"):pack(8, bucket), ("<I8"):pack(count))
    end
    local spec = { type = "histogram", match = { id = map:info().id }, bucket = "key.bucket",
      value = "value", multiply = 1024,
      buckets = { kind = "fixed", keys = { 1, 5, 20 }, sum = 21 } }
    local text = both_ways(spec)
    for _, name in ipairs { "in_c", "in_lua" } do
      assert.are.equal("3", support.sample(text, name .. '_bucket{le="1024"}'))
      assert.are.equal("7", support.sample(text, name .. '_bucket{le="5120"}'))
      assert.are.equal("9", support.sample(text, name .. '_bucket{le="20480"}'))
      assert.are.equal("9", support.sample(text, name .. "_count"))
      assert.are.equal("61440", support.sample(text, name .. "_sum"))
    end
  end)

  it("and counters count nothing below zero", function()
    local map = object:map("mx_buckets")
    map:update(("<I4I4"):pack(1, 1), ("<i8"):pack(-5))
    map:update(("<I4I4"):pack(1, 2), ("<i8"):pack(7))
    local spec = { match = { id = map:info().id }, decode = { value = d.i64() } }
    local function all(fields)
      for field, value in pairs(spec) do fields[field] = value end
      metrics.map(fields)
    end
    all { name = "c", type = "counter", labels = { b = "key.bucket" } }
    all { name = "s", type = "counter", labels = { b = "key.bucket" }, max_series = 1 }
    all { name = "g", labels = { b = "key.bucket" } }
    all { name = "h", type = "histogram", bucket = "key.bucket",
      buckets = { kind = "linear", max = 3 } }
    local text = support.text { off = {} }
    assert.is_nil(support.sample(text, 'c_total{b="1"}'))
    assert.are.equal("7", support.sample(text, 'c_total{b="2"}'))
    assert.is_nil(support.sample(text, 's_total{b="1"}'))
    assert.are.equal("-5", support.sample(text, 'g{b="1"}'))
    assert.are.equal("7", support.sample(text, "h_count"))
    for _, rule in ipairs { "c_total", "h" } do
      assert.are.equal("1", support.sample(text, ('lunette_rule_errors_total{rule="%s"}')
        :format(rule)))
    end
    local message = rule_status.get("c_total").error
    assert.is_truthy(message:find("a count below zero in the entry", 1, true))
  end)

  it("have sum and count both or none in OpenMetrics, none where something is negative", function()
    local map = object:map("mx_buckets")
    map:update(("<I4I4"):pack(1, 2), ("<i8"):pack(7))
    local function lines(kind, value)
      support.clear()
      metrics.map { name = "h", type = "histogram", match = { id = map:info().id },
        bucket = not value and "key.bucket" or nil, buckets = kind, value = value or "value" }
      local text, open = support.text(), support.text { format = "openmetrics" }
      assert.is_truthy(support.sample(text, "h_count"))
      assert.is_truthy(support.sample(open, 'h_bucket{le="+Inf"}'))
      return (support.sample(open, "h_count") or "-") .. (support.sample(open, "h_sum") or "-")
    end
    assert.are.equal("--", lines { kind = "linear", max = 5 })
    assert.are.equal("--", lines { kind = "hist" })
    assert.are.equal("70", lines { kind = "linear", max = 5, sum = 6 })
    assert.are.equal("17", lines({ kind = "fixed", bounds = { 1, 10 } }, "value"))
    assert.are.equal("--", lines({ kind = "fixed", bounds = { -1, 10 } }, "value"))
    assert.are.equal("--", lines({ kind = "fixed", bounds = { 1, 10 } },
      function(_, value) return -value end))
  end)

  it("observe values where the map counts nothing", function()
    local map = object:map("mx_buckets")
    for i, value in ipairs { 1, 5, 5, 100 } do
      map:update(("<I4I4"):pack(i, 0), ("<I8"):pack(value))
    end
    local spec = { type = "histogram", match = { id = map:info().id }, value = "value",
      buckets = { kind = "fixed", bounds = { 1, 10 } } }
    local text = both_ways(spec)
    for _, name in ipairs { "in_c", "in_lua" } do
      assert.are.equal("1", support.sample(text, name .. '_bucket{le="1"}'))
      assert.are.equal("3", support.sample(text, name .. '_bucket{le="10"}'))
      assert.are.equal("4", support.sample(text, name .. "_count"))
      assert.are.equal("111", support.sample(text, name .. "_sum"))
    end
  end)

  it("are summaries of the entries where quantiles are asked for", function()
    local map = object:map("mx_buckets")
    for i = 1, 10 do map:update(("<I4I4"):pack(i, 0), ("<I8"):pack(i * 10)) end
    metrics.map { name = "spread", type = "summary", match = { id = map:info().id },
      value = "value", quantiles = { 0, 0.5, 1 } }
    support.golden("summary.om", support.text { format = "openmetrics" })
  end)

  it("have the bounds that their kind says", function()
    assert.are.same({ 1.0, 3.0, 7.0 }, (buckets.bounds { kind = "log2", max = 2 }))
    assert.are.same({ 1.0, 2.0, 4.0 }, (buckets.bounds { kind = "exp2", max = 2 }))
    assert.are.same({ 0.0, 1.0, 2.0 }, (buckets.bounds { kind = "exp2zero", max = 2 }))
    assert.are.same({ 0.0, 5.0, 10.0 }, (buckets.bounds { kind = "linear", max = 2, step = 5 }))
    assert.are.same({ -1.0, 0.0, 1.0, 3.0 }, (buckets.bounds { kind = "hist", max = 3 }))
    assert.are.same({ -1.0, 9.0, 19.0 },
      (buckets.bounds { kind = "lhist", min = 0, max = 20, step = 10 }))
  end)

  it("refuse bounds that make no sense", function()
    for _, spec in ipairs { { kind = "log3" }, { kind = "exp2" }, { kind = "fixed" },
      { kind = "fixed", bounds = { 2, 1 } }, { kind = "fixed", keys = { 1, "2" } },
      { kind = "fixed", keys = { 1 }, bounds = { 1 } }, { kind = "log2", bounds = { 1 } },
      { kind = "lhist", min = 0, max = 1, step = 0 },
      { kind = "linear", max = 100000 } } do
      local bounds, err = buckets.bounds(spec)
      assert.is_nil(bounds)
      assert.is_truthy(tostring(err):find("^buckets"))
    end
  end)
end)
