-- tests/run.lua's reading of each tool's TAP: sums, names, and first lines of errors.

local tap = dofile("tests/lib/tap.lua")

local function read(text, node)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  file:flush()
  local result = tap.read(path, node)
  os.remove(path)
  return result
end

local function sums(result) return { result.passed, result.failed, result.skipped } end

describe("the runner", function()
  it("reads cmocka's", function()
    local result = read("1..3\nok 1 - one\nnot ok 2 - two\n# 0x1 != 0x2\n"
      .. "# a.c:3: error: Failure!\nok 3 # SKIP three\n")
    assert.same({ 1, 1, 1 }, sums(result))
    assert.equal("two", result.bad[1].name)
    assert.same({ "0x1 != 0x2", "a.c:3: error: Failure!" }, result.bad[1].lines)
    assert.same({ "three" }, { result.skips[1]:match("^three") })
  end)

  it("reads busted's", function()
    local result = read("1..2\nok 1 - a\nnot ok 2 - b\n# b_spec.lua @ 4\n"
      .. "# Failure message: no\n# \n")
    assert.same({ 1, 1, 0 }, sums(result))
    assert.same({ "b_spec.lua @ 4", "Failure message: no" }, result.bad[1].lines)
  end)

  it("reads node's, whose parents fail with their tests", function()
    local result = read([[
TAP version 13
# Subtest: parent
    # Subtest: kid
    not ok 1 - kid
      ---
      duration_ms: 1
      location: 'x.mjs:2:39'
      failureType: 'testCodeFailure'
      error: |-
        Expected values
      code: 'ERR_ASSERTION'
      ...
    # Subtest: other # SKIP no fentry
    ok 2 - other # SKIP no fentry
    1..2
not ok 1 - parent
  ---
  location: 'x.mjs:2:1'
  error: '1 subtest failed'
  ...
1..1
# tests 3
# pass 0
# fail 2
# cancelled 0
# skipped 1
# todo 0
]], true)
    assert.same({ 0, 2, 1 }, sums(result))
    assert.same({ { name = "kid", lines = { "location: 'x.mjs:2:39'", "Expected values" } } },
      result.bad)
    assert.same({ "other (no fentry)" }, result.skips)
  end)

  it("tells the last lines of what said nothing", function()
    local result = read("a\nb\n")
    assert.same({ 0, 0, 0 }, sums(result))
    assert.same({ "a", "b" }, tap.tail(result.log))
  end)
end)
