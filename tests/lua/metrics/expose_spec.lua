-- /metrics over HTTP, without a server: the answers to requests.

local expose = require("lunette.metrics.expose")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")
local metrics = lunette.metrics

local PROMETHEUS = "application/openmetrics-text;version=1.0.0,"
  .. "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

describe("the exposition", function()
  before_each(function()
    support.clear()
    metrics.collect("here", function(emit) emit { name = "here_x", value = 1 } end)
  end)

  local function get(headers, query, method)
    local response = metrics.respond { method = method or "GET", path = "/metrics", query = {},
      query_all = query or { ["name[]"] = { "here_x" } }, headers = headers or {} }
    if response.source then response.body = support.read(response.source) end
    return response
  end

  it("is the classic text, or OpenMetrics for who asks first for it", function()
    assert.are.equal("text", expose.negotiate(nil))
    assert.are.equal("text", expose.negotiate("*/*"))
    assert.are.equal("text", expose.negotiate("text/html"))
    assert.are.equal("openmetrics", expose.negotiate(PROMETHEUS))
    assert.are.equal("text", expose.negotiate("text/plain;version=0.0.4;q=0.9, "
      .. "application/openmetrics-text;version=1.0.0;q=0.2"))
    assert.are.equal("text", expose.negotiate("application/openmetrics-text;version=2.0.0"))
    assert.are.equal("text", expose.negotiate("application/openmetrics-text;q=0"))
  end)

  it("has the content type of its format", function()
    local plain = get()
    assert.are.equal("text/plain; version=0.0.4; charset=utf-8", plain.headers["Content-Type"])
    assert.are.equal("# TYPE here_x gauge\nhere_x 1\n", plain.body)
    local om = get { accept = PROMETHEUS }
    assert.are.equal("application/openmetrics-text; version=1.0.0; charset=utf-8",
      om.headers["Content-Type"])
    assert.are.equal("# TYPE here_x gauge\nhere_x 1\n# EOF\n", om.body)
  end)

  it("is compressed for who takes it", function()
    local response = get { ["accept-encoding"] = "gzip, deflate" }
    assert.are.equal("gzip", response.headers["Content-Encoding"])
    assert.are.equal("\x1f\x8b", response.body:sub(1, 2))
    assert.is_nil(get({ ["accept-encoding"] = "gzip;q=0" }).headers["Content-Encoding"])
    assert.is_nil(get({ ["accept-encoding"] = "identity" }).headers["Content-Encoding"])
  end)

  it("has no body for HEAD, and runs no rule for it", function()
    local ran = false
    metrics.collect("ran", function() ran = true end)
    local response = get(nil, {}, "HEAD")
    assert.are.equal("", response.body)
    assert.are.equal(200, response.status)
    assert.is_false(ran)
  end)

  it("is a part for name[] and rule", function()
    metrics.collect("there", function(emit) emit { name = "there_x", value = 2 } end)
    assert.are.equal("# TYPE there_x gauge\nthere_x 2\n",
      get(nil, { ["name[]"] = { "there_x" } }).body)
    local body = get(nil, { rule = { "here", "there" } }).body
    assert.are.equal("1", support.sample(body, "here_x"))
    assert.are.equal("2", support.sample(body, "there_x"))
    assert.are.equal("1", support.sample(body, 'lunette_rule_up{rule="there"}'))
    assert.is_nil(support.sample(body, 'lunette_rule_up{rule="programs"}'))
  end)

  it("tells by its marker of a rule that there is not, and gives the others", function()
    local body = get(nil, { rule = { "here", "nosuch", "" } }).body
    assert.are.equal("1", support.sample(body, "here_x"))
    assert.are.equal("1", support.sample(body, 'lunette_rule_up{rule="here"}'))
    assert.are.equal("0", support.sample(body, 'lunette_rule_up{rule="nosuch"}'))
    assert.are.equal("", get(nil, { ["name[]"] = { "nosuch" } }).body)
  end)

  it("keeps the scraper's deadline", function()
    local body = get({ ["x-prometheus-scrape-timeout-seconds"] = "0.0000001" },
      { rule = { "here" } }).body
    assert.are.equal("0", support.sample(body, 'lunette_rule_up{rule="here"}'))
    assert.is_nil(support.sample(body, "here_x"))
    body = get({ ["x-prometheus-scrape-timeout-seconds"] = "10" }, { rule = { "here" } }).body
    assert.are.equal("1", support.sample(body, "here_x"))
  end)

  it("leaves out what is switched off", function()
    metrics.enable("here", false)
    local off = get(nil, { rule = { "here" } }).body
    metrics.enable("here", true)
    assert.is_nil(support.sample(off, "here_x"))
    assert.are.equal("1", support.sample(get(nil, { rule = { "here" } }).body, "here_x"))
    metrics.enable("lunette", false)
    off = get(nil, { rule = { "here" } }).body
    metrics.enable("lunette", true)
    assert.are.equal("# TYPE here_x gauge\nhere_x 1\n", off)
  end)

  it("takes labels of many kinds, and histograms, from collectors", function()
    metrics.collect("kinds", function(emit)
      emit("k", 1, { a = 1, b = 2.5, c = true })
      emit("k", 2, { a = 2 })
      emit("k", true, { a = "x", b = "y", c = "z" })
      emit { name = "h", type = "histogram", bounds = { 1, 2 }, counts = { 1, 0, 3 }, sum = 9 }
    end)
    assert.are.equal('# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="2"} 1\n'
      .. 'h_bucket{le="+Inf"} 4\nh_count 4\nh_sum 9\n',
      get(nil, { ["name[]"] = { "h_bucket" } }).body)
    local body = get(nil, { ["name[]"] = { "k" } }).body
    assert.are.equal("1", support.sample(body, 'k{a="1",b="2.5",c="true"}'))
    assert.are.equal("2", support.sample(body, 'k{a="2"}'))
    assert.are.equal("1", support.sample(body, 'k{a="x",b="y",c="z"}'))
  end)

  it("sorts families, with HELP and TYPE once", function()
    metrics.collect("z", function(emit)
      emit { name = "b_x", type = "counter", help = "b", value = 1, labels = { l = "2" } }
      emit { name = "a_x", help = "a", value = 1 }
      emit { name = "b_x_total", type = "counter", value = 1, labels = { l = "1" } }
    end)
    assert.are.equal('# HELP a_x a\n# TYPE a_x gauge\na_x 1\n# HELP b_x_total b\n'
      .. '# TYPE b_x_total counter\nb_x_total{l="1"} 1\nb_x_total{l="2"} 1\n',
      get(nil, { ["name[]"] = { "a_x", "b_x_total" } }).body)
  end)
end)
