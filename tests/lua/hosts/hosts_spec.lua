-- lunette.hosts: lists of hosts, which of them match, tokens, and the C module's documentation.

local files = require("lunette.runtime.files")
local json = require("lunette.runtime.json")
local match = require("lunette.hosts.match")
local outgoing = require("lunette.core.outgoing")
local sources = require("lunette.hosts.sources")
local tokens = require("lunette.hosts.tokens")

local function names(list)
  local found = {}
  for i, host in ipairs(list) do found[i] = host.name end
  return found
end

describe("hosts.sources", function()
  it("reads Prometheus' lists of targets", function()
    local list = assert(sources.parse([[
      [ { "targets": ["web1:9000", "web2"], "labels": { "env": "prod", "__meta_x": "y" } },
        { "targets": ["[2001:db8::1]:80"], "labels": { "__scheme__": "https", "instance": "db" } },
        { "targets": [] } ]
    ]]))
    assert.same({ "web1:9000", "web2:8070", "db" }, names(list))
    assert.same({ env = "prod" }, list[1].labels)
    assert.equal("http://web2:8070", list[2].url)
    assert.equal("https://[2001:db8::1]:80", list[3].url)
    assert.same({ instance = "db" }, list[3].labels)
    assert.same({}, sources.parse("[]"))
  end)

  it("names what is wrong in a list", function()
    for text, err in pairs {
      [""] = "no JSON list", ["{"] = "no JSON list", ["null"] = "no JSON list", ["7"] = "no JSON",
      ['{"targets":[]}'] = "an object", ['[{"labels":{}}]'] = "group 1: { \"targets\"",
      ["[7]"] = "group 1", ['[{"targets":["a"]},{"targets":"a"}]'] = "group 2",
      ['[{"targets":[7]}]'] = "group 1: a target is no text",
      ['[{"targets":["a"],"labels":{"x":1}}]'] = "group 1",
      ['[{"targets":["a"],"labels":[]}]'] = false,
      ['[{"targets":["a b"]}]'] = "'a b' is no address",
      ['[{"targets":["http://a/b"]}]'] = "no address", ['[{"targets":["a:99999"]}]'] = "no address",
      ['[{"targets":["a\\r\\nX: y"]}]'] = "no address",
    } do
      local list, why = sources.parse(text)
      if err then
        assert.is_nil(list, text)
        assert.is_truthy(why:find(err, 1, true), text .. ": " .. why)
      else
        assert.is_table(list, text)
      end
    end
  end)

  it("survives any bytes in a list", function()
    math.randomseed(15)
    local valid = '[{"targets":["web1:9000","[::1]:8070"],"labels":{"env":"prod"}}]'
    for _ = 1, 5000 do
      local bytes = { valid:byte(1, -1) }
      for _ = 1, math.random(4) do bytes[math.random(#bytes)] = math.random(0, 255) end
      local text = string.char(table.unpack(bytes)):sub(1, math.random(#bytes))
      local list, err = sources.parse(text)
      if list then
        for _, host in ipairs(list) do assert.matches("^https?://[^%s%c/]+:%d+$", host.url) end
      else
        assert.is_string(err)
      end
    end
  end)

  it("knows each kind of source", function()
    for text, kind in pairs { ["dns:web:80"] = "dns", ["srv:_x._tcp.web"] = "srv",
      ["file:a.json"] = "file", ["https://sd/x"] = "http", ["a,b:1,https://c:2"] = "list",
      ["unix:/run/a.sock"] = "list", ["::1"] = "list" } do
      assert.equal(kind, assert(sources.of(text)).kind, text)
    end
    for _, text in ipairs { "dns:web", "dns:web:x", "dns:web:70000", "srv:", "a b", "ftp://a" } do
      local source, err = sources.of(text)
      assert.is_nil(source, text)
      assert.is_string(err)
    end
    local _, err = sources.of("file:/nowhere/at/all").read {}
    assert.matches("No such file", err)
    assert.same({ "127.0.0.1:7" }, names(sources.of("dns:localhost:7").read {}))
  end)

  it("has each address once, and each name", function()
    local list = sources.merged { { sources.host("a", { instance = "x" }), sources.host("b") },
      { sources.host("a:8070"), sources.host("c", { instance = "x" }) } }
    assert.same({ "x", "b:8070", "x (http://c:8070)" }, names(list))
  end)
end)

describe("hosts.match", function()
  it("takes names, globs and labels, which must all hold", function()
    local web = sources.host("web1", { env = "prod" })
    for text, is in pairs { [""] = true, ["web1:8070"] = true, ["web*"] = true, ["web1"] = false,
      ["env=prod"] = true, ["env=dev"] = false, ["web*,env=p*"] = true, ["db*,env=prod"] = false,
      ["name=web*"] = true, ["zone=*"] = true, ["zone=a"] = false } do
      assert.equal(is, match.of(text)(web) ~= nil and match.of(text)(web) ~= false, text)
    end
    assert.is_true(match.of(nil)(web))
  end)
end)

describe("hosts.tokens", function()
  it("gives each host the token of the first line that matches", function()
    local path = os.tmpname()
    assert(files.write(path, "# ours\nweb* token-of-web\ntoken-of-others\n"))
    os.execute("chmod 600 " .. path)
    local of = tokens.reader { tokens = path }
    assert.equal("token-of-web", of(sources.host("web1")))
    assert.equal("token-of-others", of(sources.host("db1")))
    os.execute("chmod 644 " .. path)
    local lines, err = tokens.read(path)
    assert.is_nil(lines)
    assert.matches("chmod 600", err)
    assert(files.write(path, "a b c\n"))
    os.execute("chmod 600 " .. path)
    assert.matches("MATCH TOKEN", select(2, tokens.read(path)))
    os.remove(path)
  end)
end)

describe("json.members", function()
  it("gives the parts of an object as their texts", function()
    assert.same({ data = '{"a":[1, 2.5e3]}', errors = "null", ["x\\n"] = '"\\u00e9"' },
      json.members(' { "data" : {"a":[1, 2.5e3]}, "errors":null,"x\\n":"\\u00e9" } '))
    assert.same({}, json.members("{}"))
    assert.equal('{"a":{"b":1}}', json.encode { a = json.text('{"b":1}') })
  end)

  it("takes what json.decode takes, and nothing else", function()
    math.randomseed(16)
    local valid = '{"data":{"a":[1,-2.5e+3,null,true,false,"\\u00e9\\n"],"b":{}},"errors":[]}'
    for i = 0, 5000 do
      local bytes = { valid:byte(1, -1) }
      for _ = 1, i > 0 and math.random(3) or 0 do
        bytes[math.random(#bytes)] = math.random(0, 127)
      end
      local text = string.char(table.unpack(bytes))
      local value, err = json.decode(text)
      local is_object = err == nil and type(value) == "table" and #value == 0
      if err == nil or not err:find("too large", 1, true) then
        assert.equal(is_object, json.members(text) ~= nil, text)
      end
    end
    for _, text in ipairs { "", "[]", "{", '{"a"}', '{"a":1,}', '{"a":01}', '{"a":"\255"}',
      ("{\"a\":"):rep(200) .. "1" .. ("}"):rep(200) } do
      assert.is_nil(json.members(text), text)
    end
  end)
end)

describe("lua/meta/hosts.lua", function()
  it("documents the C module", function()
    local told, have = {}, {}
    for line in io.lines("lua/meta/hosts.lua") do
      local name = line:match("^function ([%w_]+[.:][%w_]+)%(")
      if name and not name:match("^hosts") then told[#told + 1] = name end
    end
    for key in pairs(outgoing) do have[#have + 1] = "outgoing." .. key end
    for key in pairs(debug.getregistry()["lunette.batch"].__index) do
      have[#have + 1] = "Batch:" .. key
    end
    table.sort(told)
    table.sort(have)
    assert.same(told, have)
  end)

  it("refuses what is no request", function()
    local opts = { seconds = 1, most = 1, together = 1 }
    assert.has_error(function() outgoing.batch({ {} }, opts) end)
    assert.has_error(function() outgoing.batch({ 1 }, opts) end)
    assert.has_error(function() outgoing.batch({ { url = "http://a" } }, {}) end)
    assert.has_error(function() outgoing.batch({}, { seconds = -1, most = 1, together = 1 }) end)
    local batch = outgoing.batch({ { url = "gopher://127.0.0.1/" } }, opts)
    local index, status, err
    repeat index, status, err = batch:next() until index ~= false
    assert.equal(1, index)
    assert.is_nil(status)
    assert.matches("[Pp]rotocol", err)
    assert.is_nil(batch:next())
    batch:close()
    assert.has_error(function() batch:next() end)
  end)
end)
