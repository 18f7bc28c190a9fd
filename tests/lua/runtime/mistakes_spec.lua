-- Mistakes of scripts' authors: the error names the mistake, suggests similar names, and has the
-- author's own line.

local lunette = require("lunette")
local d, http, metrics, ui = lunette.decode, lunette.http, lunette.metrics, lunette.ui

local function nothing() end

local MISTAKES = {
  { function() return lunette.decodr end, "lunette has no 'decodr' (did you mean 'decode'?)" },
  { function() return d.cstrnig() end,
    "lunette.decode has no 'cstrnig' (did you mean 'cstring'?)" },
  { function() return metrics.colect() end,
    "lunette.metrics has no 'colect' (did you mean 'collect'?)" },
  { function() return ui.pge() end, "lunette.ui has no 'pge' (did you mean 'page'?)" },
  { function() return http.gte() end, "lunette.http has no 'gte' (did you mean 'get'?)" },
  { function() http.get("/x", nothing, { wirte = true }) end,
    "http.get: no 'wirte' (did you mean 'write'?)" },
  { function() http.route("get", "/x", "text") end, "http.get '/x': needs a function" },
  { function() http.post("x", nothing) end, "http.post: a path begins with '/'" },
  { function() http.websocket("/x", { mesage = nothing }) end,
    "http.websocket: no 'mesage' (did you mean 'message'?)" },
  { function() ui.page("x", { veiw = nothing }) end,
    "ui.page 'x': no 'veiw' (did you mean 'view'?)" },
  { function() ui.panel("x", { place = "map", zzzzzz = 1, view = nothing }) end,
    "ui.panel 'x': no 'zzzzzz'; there are every, place, title, view" },
  { function() ui.page("x", { veiw = nothing, aaaa = 1, zzzz = 1, every = 1, bbbb = 1 }) end,
    "ui.page 'x': no 'aaaa'; there are every, place, title, view" },
  { function() lunette.history.map { map = "x", tpo = 5 } end,
    "history.map: no 'tpo' (did you mean 'top'?)" },
  { function() lunette.decoder { match = { name = "x" }, vlaue = d.u8() } end,
    "decoder: no 'vlaue' (did you mean 'value'?)" },
  { function() lunette.decoder { match = { nmae = "x" } } end,
    "match: no condition 'nmae' (did you mean 'name'?)" },
  { function() lunette.decoder { match = { name = 5 } } end,
    "match.name: must be a string, not a number" },
  { function() lunette.decoder { match = { id = "5" } } end,
    "match.id: must be a number or a table, not a string" },
  { function() metrics.map { name = "x", tpye = "gauge" } end,
    "metrics.map 'x': no field 'tpye' in a rule (did you mean 'type'?)" },
}

describe("a mistake", function()
  for _, mistake in ipairs(MISTAKES) do
    local make, message = mistake[1], mistake[2]
    it("is told: " .. message, function()
      local ok, err = pcall(make)
      assert.is_false(ok)
      local line = debug.getinfo(make, "S").linedefined
      assert.equal(("tests/lua/runtime/mistakes_spec.lua:%d: %s"):format(line, message), err)
    end)
  end

  it("in an answer is told, not answered", function()
    local response = require("lunette.http.response")
    assert.has_error(function() response.normal { bdoy = "x" } end,
      "response: no 'bdoy' (did you mean 'body'?)")
  end)
end)
