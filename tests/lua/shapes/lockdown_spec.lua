-- A kernel in lockdown (confidentiality): refusals to root are explained.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local shapes = require("tests.lua.shapes.support")

describe("under lockdown", function()
  local why = shapes.lacks("lockdown")
  if why then return pending(why) end

  local function feature(name)
    local host = fixture.json(fixture.binary() .. " check -j").host
    return assert(fixture.find(host.features, { name = name }))
  end

  it("check names the lockdown, and does not advise root", function()
    local row = feature("no lockdown of the kernel")
    assert.is_false(row.available)
    assert.matches("boot without lockdown=confidentiality$", row.detail)
    for _, name in ipairs { "tracefs", "BPF iterators" } do
      row = feature(name)
      assert.is_false(row.available, name)
      assert.matches(": the kernel is locked down %(confidentiality%)$", row.detail)
    end
  end)

  it("programs and maps are listed, with their owners from /proc", function()
    local object <close> = assert(bpf.load(fixture.object("cgrp_storage")))
    local id = object:maps()[1].id
    local listed = fixture.json(fixture.binary() .. " map list -j")
    local map = assert(fixture.find(listed, { id = id }))
    assert.equal("mt_cgrp", map.name)
    local _, method = bpf.owners()
    assert.equal("proc", method)
    assert.is_table(fixture.find(bpf.owners(), { kind = "map", id = id, pid = fixture.pid() }))
  end)
end)
