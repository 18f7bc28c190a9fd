-- struct_ops registered by a link: a congestion control, and a scheduler where the kernel has
-- sched_ext. Checks the link, its programs and the map, and leaks.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local leaks = require("lunette.leaks")
local support = require("tests.lua.schema.support")

-- The object, the kernel's type, the map's name, and the members that are programs.
local CASES = {
  { "struct_ops_link", "tcp_congestion_ops", "lunette_linked",
    { cong_avoid = "sl_avoid", ssthresh = "sl_ssthresh", undo_cwnd = "sl_undo" } },
  { "sched_ext", "sched_ext_ops", "lunette_sched", { running = "sx_running" } },
}

for _, case in ipairs(CASES) do
  local object, type, name, members = table.unpack(case)

  describe("struct_ops by a link: " .. type, function()
    local folder = fixture.pin("ops")
    local ok, said = fixture.try("mkdir -p %s && bpftool struct_ops register %s %s", folder,
      fixture.object("kernels/" .. object), folder)
    local info = ok and fixture.find(bpf.maps(), { type = "struct_ops", name = name })
    local link = info and fixture.find(bpf.links(), { map_id = info.id, type = "struct_ops" })
    local function clean() os.execute(("rm -rf %s"):format(folder)) end
    if not link then
      clean()
      pending(("this kernel or its bpftool takes no %s by a link: %s"):format(type,
        said:match("[^\n]*") or ""))
      return
    end
    teardown(clean)
    local whole = ("%s %s (map %d)"):format(type, name, info.id)

    it("the link's target is the whole, with no program", function()
      local told = support.ask(("{ link(id: %d) { target programId program { id } } }"):format(
        link.id)).link
      assert.equal(whole, told.target)
      assert.is_nil(told.programId)
      assert.is_nil(told.program)
      local listed = fixture.json(fixture.binary() .. " link list -j")
      assert.equal(whole, fixture.find(listed, { id = link.id }).target)
    end)

    it("each program has a row, by the link", function()
      local seen = {}
      for _, row in ipairs(assert(attach.list())) do
        if row.link_id == link.id then
          assert.equal(("%s of %s"):format(row.member, whole), row.target)
          seen[row.member] = bpf.prog_info(row.prog_id).name
        end
      end
      assert.same(members, seen)
    end)

    it("only the link is forgotten once the loader is gone: it is pinned", function()
      local found = {}
      for _, leak in ipairs(assert(leaks.list())) do
        if leak.kind == "link" and leak.id == link.id then found[#found + 1] = leak end
        assert.is_false(leak.kind == "map" and leak.id == info.id)
      end
      assert.equal(1, #found)
      assert.equal(whole, found[1].name)
      assert.matches("^pinned, and held by no process", found[1].why)
    end)
  end)
end
