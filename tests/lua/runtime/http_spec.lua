local http = require("lunette.http")
local response = require("lunette.http.response")
local routes = require("lunette.http.routes")

local function answer() return "x" end

describe("lunette.http", function()
  http.get("/spec/plain", answer)
  http.post("/spec/plain", answer)
  http.get("/spec/:id/entries.csv", answer)
  http.get("/spec/all/*rest", answer)
  http.websocket("/spec/ws/:room", { open = answer })

  it("finds routes and their parameters", function()
    assert.are.equal("POST", (routes.find("POST", "/spec/plain")).method)
    local _, params = routes.find("GET", "/spec/a.b/entries.csv")
    assert.are.same({ id = "a.b" }, params)
    _, params = routes.find("GET", "/spec/all/a/b")
    assert.are.same({ rest = "a/b" }, params)
    _, params = routes.websocket("/spec/ws/lobby")
    assert.are.same({ room = "lobby" }, params)
  end)

  it("takes dots for dots, and one part for one part", function()
    assert.is_nil((routes.find("GET", "/spec/1/entriesXcsv")))
    assert.is_nil((routes.find("GET", "/spec/1/2/entries.csv")))
    assert.is_nil((routes.find("GET", "/spec//entries.csv")))
    assert.is_nil((routes.websocket("/spec/ws")))
  end)

  it("says which methods a path has; HEAD is GET", function()
    local route, methods = routes.find("PUT", "/spec/plain")
    assert.is_nil(route)
    assert.are.same({ "GET", "POST" }, methods)
    assert.are.equal("GET", (routes.find("HEAD", "/spec/plain")).method)
  end)

  it("refuses paths and handlers that are none", function()
    assert.has_error(function() http.get("no-slash", answer) end)
    assert.has_error(function() http.get("/x", "text") end)
    assert.has_error(function() http.websocket("/x", answer) end)
  end)
end)

describe("a response", function()
  local function normal(result) return { response.normal(result) } end

  it("becomes status, header lines, kind and body", function()
    assert.are.same({ 200, "content-type: text/plain; charset=utf-8\r\n", "body", "x" }, normal "x")
    assert.are.same({ 201, "content-type: application/json\r\n", "body", '{"a":1}\n' },
      normal { status = 201, json = { a = 1 } })
    assert.are.same({ 204, "", "body", "" }, normal { status = 204 })
    local lines = "content-type: a/b\r\nset-cookie: 1\r\nset-cookie: 2\r\n"
    assert.are.same({ 200, lines, "body", "x" },
      normal { body = "x",
        headers = { ["Content-Type"] = "a/b", ["Set-Cookie"] = { 1, 2 } } })
  end)

  it("pulls objects with read() like functions", function()
    local source = { read = function() return "r" end }
    local kind, stream = select(3, response.normal { stream = source })
    assert.are.equal("stream", kind)
    assert.are.equal("r", stream())
  end)

  it("has one body", function()
    for _, two in ipairs { { json = 1, body = "x" }, { body = "", stream = print },
      { json = false, events = print } } do
      assert.error_matches(function() response.normal(two) end, "has one of them")
    end
    assert.error_matches(function() response.normal { source = print } end, "source")
  end)

  it("leaves framing to the server, and lets no line in", function()
    assert.are.same("", normal { status = 204, headers = { ["Content-Length"] = 7 } }[2])
    for _, headers in ipairs { { a = "1\r\nb: 2" }, { ["a: 1\r\nb"] = "2" }, { [""] = "x" } } do
      assert.has_error(function() response.normal { body = "x", headers = headers } end)
    end
    for _, bad in ipairs { 1, true, { status = 99 }, { status = "x" }, { body = {} } } do
      assert.has_error(function() response.normal(bad) end)
    end
  end)
end)
