-- Lua from clients: the console's evaluations, decoders on trial, saved scripts.

local scripts = require("lunette.runtime.scripts")
local support = require("tests.lua.schema.support")

local object, map_id

setup(function()
  object = support.load()
  local map <close> = object:map("sch_hash")
  map_id = map:info().id
  for i = 1, 3 do assert(map:update(("<I4"):pack(i), ("<I8"):pack(i * 1000))) end
end)
teardown(function() object:close() end)

local function ask(source, variables)
  return support.ask(source, variables, { can_eval = true })
end

local EVALUATE = [[mutation ($s: String!, $in: String) {
  evaluate(source: $s, session: $in) { output results error incomplete } }]]

local function evaluate(source, name)
  return ask(EVALUATE, { s = source, ["in"] = name or "test" }).evaluate
end

describe("evaluate", function()
  it("gives results as the REPL does, and what was printed", function()
    local answer = evaluate("1 + 1")
    assert.same({ "2" }, answer.results)
    answer = evaluate('print("a", 1) print("b") return "x", nil')
    assert.equal("a\t1\nb\n", answer.output)
    assert.equal(2, #answer.results)
    assert.matches("^%d+$", evaluate("#bpf.maps()").results[1])
  end)

  it("keeps globals within a session, and only there", function()
    evaluate("kept = 41")
    assert.same({ "42" }, evaluate("kept + 1").results)
    assert.same({ "nil" }, evaluate("kept", "another").results)
    assert.is_nil(rawget(_G, "kept"))
    assert.same({ "42" }, evaluate("kept + 1").results)
    assert.same({ "42" }, evaluate("_").results)
  end)

  it("says what is wrong, with the line", function()
    local answer = evaluate("local x = 1\nerror('no good')")
    assert.matches("^console:2: no good\nstack traceback:", answer.error)
    assert.is_nil(answer.error:find("session.lua", 1, true))
    assert.matches("^console:1:", evaluate("x = = 1").error)
    assert.is_true(evaluate("for i = 1, 3 do").incomplete)
    assert.matches("{", evaluate("error { code = 3 }").error, 1, true)
  end)

  it("bounds what is printed", function()
    local answer = evaluate('for i = 1, 40000 do print(("x"):rep(100)) end')
    assert.is_true(#answer.output < 1100000)
    assert.matches("more than a megabyte", answer.output)
  end)

  it("completes names", function()
    evaluate("lunatic = 1")
    local answer = ask([[mutation { complete(source: "return lunat", session: "test") {
      start candidates } }]]).complete
    assert.equal("lunat", answer.start)
    assert.same({ "lunatic" }, answer.candidates)
  end)

  it("is for those who may", function()
    for _, call in ipairs { 'evaluate(source: "1") { output }',
      'complete(source: "b") { start }', 'tryDecoder(mapId: 1, source: "") { error }',
      'saveScript(name: "a.lua", source: "") { error }' } do
      assert.matches("^running Lua is not allowed: start the server with %-%-allow%-eval",
        support.refusal("mutation { " .. call .. " }", nil, { can_write = true }))
    end
  end)
end)

local TRY = [[mutation ($id: Int!, $s: String!) { tryDecoder(mapId: $id, source: $s) {
  error line table { columns { name type } rows { cells } } } }]]

local function try(source) return ask(TRY, { id = map_id, s = source }).tryDecoder end

describe("tryDecoder", function()
  it("shows the map through a decoder that is not in force", function()
    local before = #require("lunette.registry").list("decoder")
    local answer = try([[
local lunette = require("lunette")
local d = lunette.decode
lunette.metrics.map { name = "not_declared" }
lunette.service("neither", function() end)
lunette.decoder {
  match = { name = "anything" }, key = d.u32():as("n"), value = d.u64():as("calls"),
}]])
    assert.is_nil(answer.error)
    assert.same({ { name = "n", type = "u32" }, { name = "calls", type = "u64" } },
      answer.table.columns)
    assert.equal(3, #answer.table.rows)
    assert.equal(before, #require("lunette.registry").list("decoder"))
    assert.equal(0, #require("lunette.registry").list("service"))
  end)

  it("names the line of an error", function()
    local answer = try("local lunette = require('lunette')\nlunette.decoder { match = 3 }")
    assert.equal(2, answer.line)
    assert.is_string(answer.error)
    answer = try("\n\nx = = 3")
    assert.equal(3, answer.line)
    assert.matches("declares no decoder", try("return 1").error)
  end)
end)

describe("saveScript", function()
  it("writes into the folder of scripts, what compiles and nothing else", function()
    local dir = os.tmpname() .. ".d"
    assert(os.execute("mkdir " .. dir))
    scripts.serving = { dir }
    local function save(name, source)
      return ask([[mutation ($n: String!, $s: String!) { saveScript(name: $n, source: $s) {
        error line path } }]], { n = name, s = source }).saveScript
    end
    local saved = save("mine.lua", "return 1\n")
    assert.equal(dir .. "/mine.lua", saved.path)
    local file <close> = assert(io.open(saved.path))
    assert.equal("return 1\n", file:read("a"))
    assert.equal(2, save("bad.lua", "\nx = = 1").line)
    assert.is_nil(io.open(dir .. "/bad.lua"))
    for _, name in ipairs { "../x.lua", "/etc/x.lua", "x.sh", ".x.lua", "a/b.lua" } do
      assert.matches("must be that of a file", save(name, "return 1").error)
    end
    scripts.serving = { saved.path }
    assert.matches("without a folder", save("mine.lua", "return 1").error)
    scripts.serving = {}
    os.execute("rm -r " .. dir)
  end)
end)
