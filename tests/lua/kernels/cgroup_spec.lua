-- Programs on control groups that some kernels lack: LSM for one group, sockets.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local kinds = require("tests.lua.kernels.support.kinds")
local support = require("tests.lua.schema.support")

local CASES = {
  { "k_lsm_cgroup", "lsm_cgroup" },
  { "k_sockops", "cgroup_sock_ops" },
  { "k_getsockname", "cgroup_inet4_getsockname" },
  { "k_release", "cgroup_inet_sock_release" },
}

local root = os.tmpname()
local group = ("%s/lunette-kinds-%d"):format(root, fixture.pid())

setup(function()
  os.remove(root)
  fixture.run("mkdir %s && mount -t cgroup2 none %s && mkdir %s", root, root, group)
  for _, case in ipairs(CASES) do
    kinds.attach(fixture.object("kernels/cgroup"), case[1], { where = { cgroup = group } })
  end
end)

teardown(function()
  kinds.close()
  os.execute(("rmdir %s; umount %s; rmdir %s"):format(group, root, root))
end)

describe("a program on a control group:", function()
  for _, case in ipairs(CASES) do
    local name, attach_type = table.unpack(case)
    it(attach_type, function()
      local prog = kinds.prog(name)
      if not prog then return pending(kinds.reason(name)) end
      local rows = {}
      for _, row in ipairs(assert(attach.list())) do
        if row.prog_id == prog then rows[#rows + 1] = row end
      end
      assert.equal(1, #rows)
      local link = assert(fixture.find(bpf.links(), { prog_id = prog }))
      assert.same({ "cgroup", attach_type, group:sub(#root + 1), "link", link.id },
        { rows[1].kind, rows[1].attach_type, rows[1].target, rows[1].how, rows[1].link_id })
      local told = support.ask(("{ link(id: %d) { target attachType } }"):format(link.id)).link
      assert.same({ target = group:sub(#root + 1), attachType = attach_type }, told)
      local theirs = fixture.json("bpftool -j link show id " .. link.id)
      assert.equal(theirs.prog_id, link.prog_id)
    end)
  end

  it("an LSM program is made for its hook", function()
    local prog = kinds.prog("k_lsm_cgroup")
    if not prog then return pending(kinds.reason("k_lsm_cgroup")) end
    local told = support.ask(("{ program(id: %d) { attachTo } }"):format(prog)).program
    assert.equal("bpf_lsm_socket_bind", told.attachTo)
  end)
end)
