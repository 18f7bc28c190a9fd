-- Programs on functions of other programs: freplace, fentry and fexit, seen from both sides.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local kinds = require("tests.lua.kernels.support.kinds")
local support = require("tests.lua.schema.support")

local PATH, REPLACE = fixture.object("kernels/tracing"), fixture.object("replace")

local function on(name, target, func, path)
  local opts = { targets = { [name] = { prog = target, func = func } } }
  return kinds.attach(path or PATH, name, opts)
end

local target, new

setup(function()
  target = assert(kinds.attach(REPLACE, "rep_target", { where = false }))
  new = on("rep_new", target, "rep_function", REPLACE)
  -- The kernel does not trace a replaced function, so these are on a second program.
  if new then on("k_on_new", new, "rep_new") end
end)

teardown(kinds.close)

local PAGE = [[{ program(id: %d) { attachTo attachBtf { kernel }
  extends { kind function target { id } link { id } }
  extendedBy { kind function program { id } link { id } } } }]]

local function page(id) return support.ask(PAGE:format(id)).program end

local function row_of(id) return assert(fixture.find(assert(attach.list()), { prog_id = id })) end

-- Checks both sides of a program attached to another one.
local function check(id, kind, on_kind, base, base_name, func)
  local row = row_of(id)
  assert.same({ kind, ("%s of program %d (%s)"):format(func, base, base_name), base },
    { row.kind, row.target, row.target_prog_id })
  local link = assert(fixture.find(bpf.links(), { prog_id = id }))
  assert.same({ { kind = on_kind, ["function"] = func, target = { id = base },
    link = { id = link.id } } }, page(id).extends)
  local other
  for _, by in ipairs(page(base).extendedBy) do
    if by.program.id == id then other = by end
  end
  assert.same({ kind = on_kind, ["function"] = func, program = { id = id },
    link = { id = link.id } }, other)
  return link
end

describe("a program on a function of another", function()
  if not fixture.since(5, 13) then
    pending("this kernel does not tell what a tracing link is on (Linux 5.13)")
    return
  end

  it("by freplace: which it replaces, and which replaces it", function()
    if not new then return pending(kinds.reason("rep_new")) end
    local link = check(new, "freplace", "freplace", target, "rep_target", "rep_function")
    assert.is_nil(link.attach_type)
    local shown = fixture.output(("%s prog show %d"):format(fixture.binary(), target))
    assert.matches(("\n  extended +rep_function: freplace by program %d rep_new, link %d\n"):format(
      new, link.id), shown)
  end)

  it("in a chain: a program that traces the one that replaces", function()
    if not kinds.prog("k_on_new") then return pending(kinds.reason("k_on_new")) end
    local id = kinds.prog("k_on_new")
    check(id, "fentry", "fentry", new, "rep_new", "rep_new")
    local told = page(new)
    assert.equal(1, #told.extends)
    assert.equal(1, #told.extendedBy)
  end)

  for name, kind in pairs { k_on_function = "fentry", k_on_exit = "fexit" } do
    it("by " .. kind .. ", also once it has forgotten what it was made for", function()
      local base = assert(kinds.attach(REPLACE, "rep_target", { where = false }))
      if not on(name, base, "rep_function") then return pending(kinds.reason(name)) end
      local id = kinds.prog(name)
      check(id, kind, kind, base, "rep_target", "rep_function")
      assert.same({ "rep_function", { kernel = false } },
        { page(id).attachTo, page(id).attachBtf })
      local shown = fixture.output(("%s prog show %d"):format(fixture.binary(), id))
      assert.matches("\n  made for +rep_function of BTF %d+ %(type %d+%)\n", shown)
    end)
  end
end)
