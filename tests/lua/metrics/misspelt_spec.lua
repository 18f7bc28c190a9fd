-- Beginners' mistakes in rules: a misspelt field, a wrong type, or a field without effect is an
-- error at its place; a mistake that only entries show has a defined outcome.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")

local d, metrics = lunette.decode, lunette.metrics

local BUCKETS = { kind = "log2", max = 3 }

-- The mistake, and its error.
local REFUSED = {
  { { labels = "key" }, "labels: must be a table of label = where from, not string" },
  { { labels = { "key" } }, "label '1' is not one that Prometheus takes" },
  { { labels = { who = 5 } }, "label who: an expression is" },
  { { static = "x" }, "static: must be a table of label = text, not string" },
  { { buckets = BUCKETS }, 'buckets: for a metric of type "histogram" alone' },
  { { slots = "value" }, 'slots: for a metric of type "histogram" alone' },
  { { quantiles = { 0.5 } }, 'quantiles: for a metric of type "summary" alone' },
  { { states = { "a" } }, 'states: for a metric of type "stateset" alone' },
  { { type = "histogram", buckets = { kind = "log2", mx = 3 } },
    "no field 'mx' in buckets (did you mean 'max'?)" },
  { { type = "histogram", buckets = { kind = "log2", max = "3" } }, "max must be a number" },
  { { type = "histogram", buckets = { kind = "fixed", bounds = { 1, 3, 2 } } }, "that go up" },
  { { type = "histogram", buckets = { kind = "fixed", bounds = { 1, math.huge } } }, "finite" },
  { { type = "histogram", buckets = { kind = "fixed", bounds = { 1, 0 / 0 } } }, "finite" },
  { { type = "histogram", buckets = { kind = "fixed", bounds = { "1" } } }, "finite numbers" },
  { { type = "summary", quantiles = 0.5 }, "quantiles: must be a list" },
  { { type = "summary", quantiles = { 0.9, 0.5 } }, "quantiles: must go up" },
  { { type = "summary", quantiles = { 0.5, 0.5 } }, "quantiles: must go up" },
  { { type = "stateset", states = { "a", "a" } }, "states: 'a' is there twice" },
  { { type = "Counter" }, "type: no 'Counter'" },
  { { match = {} }, "match: needs a condition" },
  { { match = { nmae = "x" } }, "no condition 'nmae' (did you mean 'name'?)" },
  { { max_series = 0.5 }, "max_series: must be a whole number, or math.huge" },
  { { expire = "5m" }, "expire: must be a number above 0" },
  { { from = "ns" }, "from: needs a unit" },
  { { divide = 2, multiply = 3 }, "divide and multiply: one of them" },
  { { unit = "µs" }, "unit 'µs'" },
  { { rule = 5 }, "rule: must be a string" },
  { { rule = "maps" }, "there is a 'maps' already" },
  { { name = "lunette_rule_up" }, "those with lunette_ are Lunette's own" },
  { { filter = { who = 5 } }, "filter: the pattern of label 'who' must be a string" },
  { { decode = { keys = d.u64() } }, "no field 'keys' in decode (did you mean 'key'?)" },
  { { lables = {} }, "no field 'lables' in a rule (did you mean 'labels'?)" },
  { { metrics = { { name = "a" } } }, "name: stands in each of metrics" },
  { { percpu = "sum" }, "percpu: is called cpus" },
  { { cpus = "most" }, "cpus: unknown method 'most' (each, sum, min, max, avg, last)" },
  { { static = { a = {} } }, "static: label 'a' must be a string, a number or a boolean" },
  { { labels = { who = { "key", raw = "hexx" } } }, "raw: 'hex', 'string' or 'number'" },
  { { labels = { who = { "key.who", raw = "hex" } } }, "raw: takes the whole key or value" },
  { { labels = { who = { "map.id", raw = "hex" } } }, "raw: only of the key or the value" },
  { { labels = { who = { "key", decoder = "comm" } } }, "no field 'decoder' in a list" },
  { { labels = { who = { "key", { "ksym", 5 } } } }, "decoder 'ksym' takes no argument" },
  { { labels = { who = { "key", { "ksym", with = 5 } } } }, "decoder 'ksym': no field 'with'" },
  { { relabel = { { label = "who", pattern = "a" } } }, "needs replace, drop or drop_others" },
  { { relabel = { { label = "who", pattern = "a", replce = "b" } } }, "no 'replce' in a step" },
  { { relabel = { { label = "who", pattern = "a", replace = "b", drop = true } } },
    "replace and drop: one of them" },
  { { relabel = { who = { a = {} } } }, "must map texts to texts" },
  { { labels = { who = { "key", { "static_map", { a = {} } } } } }, "static_map: 'a' must be" },
}

-- Fields without effect: the metric's type, its fields, and the error.
local H = { type = "histogram", buckets = { kind = "log2", max = 3 } }
local WITHOUT_EFFECT = {
  { H, { bucket = "cpu" }, "bucket: 'cpu' is no number of an entry" },
  { H, { bucket = "map.id" }, "bucket: 'map.id' is no number of an entry" },
  { H, { slots = "program.id" }, "slots: 'program.id' is no number of an entry" },
  { H, { bucket = "key", sum = "owner.pid" }, "sum: 'owner.pid' is no number of an entry" },
  { H, { bucket = { "key", "uint" } }, "bucket: takes no decoders" },
  { H, { bucket = { "key", raw = "hex" } }, "bucket: of raw bytes only a number" },
  { H, { bucket = "key", slots = "value" }, "bucket and slots: one of them" },
  { H, { slots = "value", value = "value" }, "value: has no effect with slots" },
  { H, { sum = "value" }, "sum: without bucket and slots" },
  { H, { value = 1 }, "value: of a histogram a column" },
  { H, { buckets = { kind = "log2", max = 3, step = 2 } },
    "step has no effect with the kind 'log2'" },
  { H, { buckets = { kind = "hist", min = 3 } }, "min has no effect with the kind 'hist'" },
  { H, { buckets = { kind = "log2", max = 3, sum = 4 } },
    "buckets: sum is the number of a bucket" },
  { H, { bucket = "key", sum = "value", buckets = { kind = "log2", max = 3, sum = 4 } },
    "sum and buckets.sum: one of them" },
  { H, { aggregate = "max" }, "aggregate: has no effect on a histogram" },
  { {}, { value = "cpu" }, "value: 'cpu' is no number of an entry" },
  { {}, { value = "map.id" }, "value: 'map.id' is no number of an entry" },
  { {}, { value = { "value", raw = "string" } }, "value: of raw bytes only a number" },
  { {}, { cpus = "sum", labels = { cpu = "cpu" } }, "cpus: 'sum' has no effect" },
  { {}, { reset = "show" }, "reset: has no effect without a counter" },
  { {}, { exemplar = print }, "only a counter or a histogram has exemplars" },
  { {}, { by = "x" }, "by: has no effect in a rule of one metric" },
  { {}, { value = 1, skip_zero = true }, "skip_zero: has no effect" },
  { {}, { skip_zero = 1 }, "skip_zero: must be true or false" },
  { {}, { value = 1, divide = 2 }, "divide: has no effect on the constant 1" },
  { {}, { from = "ns", unit = "seconds", divide = 2 }, "from, divide, multiply: one of them" },
  { { type = "info" }, { value = "value" }, "value: an info is always 1" },
  { { type = "info" }, { divide = 2 }, "divide: a metric of type info has no unit" },
  { { type = "info" }, { skip_zero = true }, "skip_zero: has no effect" },
  { { type = "stateset", states = { "a" } }, { value = 1 }, "value: of a stateset a column" },
  { { type = "summary" }, { value = 1 }, "value: of a summary a column" },
  { { type = "summary" }, { aggregate = "max" }, "aggregate: has no effect on a summary" },
}

-- The same for several metrics of one pass.
local SEVERAL = {
  { { { name = "a", valu = "value" } }, "no field 'valu' in one of several metrics" },
  { { { name = "a" }, { name = "a" } }, "two of them have samples called 'a'" },
  { { { name = "a", type = "histogram", buckets = BUCKETS }, { name = "a_count" } },
    "two of them have samples called 'a_count'" },
}

-- Results of a function for the entries "a" (1) and "b" (2), and the outcome.
local GIVEN = {
  { "no label is an empty one", { labels = { who = function() return nil end } },
    { 'x{who=""} 3' } },
  { "a number is a label", { labels = { who = function(_, value) return value * 2 end } },
    { 'x{who="2"} 1', 'x{who="4"} 2' } },
  { "a truth is a label", { labels = { who = function(key) return key == "a" end } },
    { 'x{who="false"} 2', 'x{who="true"} 1' } },
  { "a list is a label", { labels = { who = function() return { 1, "b" } end } },
    { 'x{who="1;b"} 3' } },
  { "a table is none", { labels = { who = function() return { a = 1 } end } }, {},
    "the label must be a text, not a table" },
  { "nor is a list of them", { labels = { who = function() return { {} } end } }, {},
    "the label is a list of tables in the entry" },
  { "no value is no sample",
    { value = function(key, value) return key == "b" and value or nil end },
    { 'x{who="b"} 2' } },
  { "one entry that fails is told",
    { value = function(key) return key == "a" and 1 or error("b!") end }, { 'x{who="a"} 1' },
    'b! in the entry with key "b"' },
  { "an error that is a table is told as text",
    { value = function() error({ code = 42 }) end }, {},
      "{ code = 42 } in the entry with key" },
  { "a decoder that gives a table is an error",
    { labels = { who = { "key", function() return {} end } } }, {},
    "label 'who': its decoder's result must be a string, a number or a boolean, not a table" },
  { "a counter is never below zero", { type = "counter",
    value = function(key, value) return key == "a" and value or -value end },
    { 'x_total{who="a"} 1' }, 'a count below zero in the entry with key "b"' },
  { "digits are no number", { value = function() return "12" end }, {},
    "must be a number, not '12'" },
  { "labels that become equal are summed up", { relabel = { who = { a = "z", b = "z" } } },
    { 'x{who="z"} 3' } },
  { "or as the rule says", { relabel = { who = { a = "z", b = "z" } }, aggregate = "max" },
    { 'x{who="z"} 2' } },
  { "an exemplar has labels", { type = "counter", exemplar = function() return 5 end },
    { 'x_total{who="a"} 1', 'x_total{who="b"} 2' }, "exemplar: must return { labels" },
  { "which Prometheus takes",
    { type = "counter", exemplar = function() return { labels = { ["a-b"] = "x" } } end },
    { 'x_total{who="a"} 1', 'x_total{who="b"} 2' }, "exemplar: label 'a-b' is not one" },
}

describe("a first rule", function()
  local object, map

  setup(function()
    object = assert(bpf.load(fixture.object("metrics_big")))
    map = object:map("mx_ten")
    for i, key in ipairs { "a", "b" } do
      assert(map:update(("<c16"):pack(key), ("<I8"):pack(i)))
    end
  end)
  teardown(function()
    map:close()
    object:close()
  end)
  before_each(support.clear)
  after_each(support.clear)

  local function spec(fields)
    local made = { name = "x", match = { id = map:info().id }, labels = { who = "key" },
      decode = { key = d.cstring(16):as("who"), value = d.u64() } }
    for field, value in pairs(fields) do made[field] = value end
    return made
  end

  for _, case in ipairs(WITHOUT_EFFECT) do
    it("is refused: " .. case[3], function()
      local fields = {}
      for _, part in ipairs { case[1], case[2] } do
        for field, value in pairs(part) do fields[field] = value end
      end
      local err = support.refused(spec(fields))
      assert.is_truthy(err:find(case[3], 1, true), err)
    end)
  end

  for _, case in ipairs(REFUSED) do
    it("is refused: " .. case[2], function()
      local err = support.refused(spec(case[1]))
      assert.is_truthy(err:find(case[2], 1, true), err)
      assert.is_truthy(err:find("support.lua:%d+: metrics.map"), err)
    end)
  end

  for _, case in ipairs(SEVERAL) do
    it("of several metrics is refused: " .. case[2], function()
      local made = spec { metrics = case[1] }
      made.name = nil
      local err = support.refused(made)
      assert.is_truthy(err:find(case[2], 1, true), err)
    end)
  end

  for _, case in ipairs(GIVEN) do
    it("works as its functions say: " .. case[1], function()
      local rule = metrics.map(spec(case[2]))
      local tried = metrics.try(rule.name)
      assert.are.same(case[3], tried.samples)
      assert.are.equal(case[4] == nil, tried.ok)
      if case[4] then assert.is_truthy(tried.error:find(case[4], 1, true), tried.error) end
    end)
  end

  it("and a collector have one name each", function()
    metrics.collect("mine", function() end)
    local ok, err = pcall(metrics.collect, "mine", function() end)
    assert.is_false(ok)
    assert.is_truthy(err:find("metrics.collect: there is a 'mine' already, declared at", 1, true))
    assert.is_truthy(support.refused(spec { rule = "mine" }):find("there is a 'mine' already", 1,
      true))
  end)

  it("can't take the place of what Lunette tells of itself", function()
    metrics.collect("takes", function(emit) emit("lunette_rule_up", 7, { rule = "takes" }) end)
    local text = support.text { off = {}, rules = { takes = true } }
    assert.are.equal("1", support.sample(text, 'lunette_rule_up{rule="takes"}'))
    assert.are.equal("1", support.sample(text, 'lunette_rule_clashes_total{rule="takes"}'))
  end)
end)
