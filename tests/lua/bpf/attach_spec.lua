-- Programs attached without a link, to control groups and interfaces of the test, in network
-- namespaces of the test; compared with bpftool cgroup and bpftool net.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local run, try = fixture.run, fixture.try

local pin, cgroups, object
local home = "/lunette-test-" .. fixture.pid()

local function pinned(name)
  local prog <close> = assert(object:prog(name))
  local path = pin .. "/" .. name
  if not bpf.prog(path) then assert(prog:pin(path)) end
  return path, prog:info().id
end

setup(function()
  object = assert(bpf.load(fixture.object("attach")))
  pin = fixture.pin("attach")
  run("mkdir %s", pin)
end)

teardown(function()
  object:close()
  try("rm -r %s", pin)
end)

describe("bpf.cgroup_progs", function()
  setup(function()
    cgroups = os.tmpname()
    os.remove(cgroups)
    run("mkdir %s && mount -t cgroup2 none %s", cgroups, cgroups)
    run("mkdir -p %s" .. home .. "/inner", cgroups)
  end)

  teardown(function()
    try("rmdir %s" .. home .. "/inner %s" .. home, cgroups, cgroups)
    try("umount %s && rmdir %s", cgroups, cgroups)
  end)

  local function rows_of(id, opts)
    local list = {}
    for _, row in ipairs(assert(bpf.cgroup_progs(opts))) do
      if row.prog_id == id then list[#list + 1] = row end
    end
    table.sort(list, function(a, b) return a.path < b.path end)
    return list
  end

  it("finds what is attached, and what that brings to those below", function()
    local path, id = pinned("att_egress")
    run("bpftool cgroup attach %s" .. home .. " egress pinned %s multi", cgroups, path)
    local rows = rows_of(id)
    assert.equal(1, #rows)
    assert.equal(home, rows[1].path)
    assert.equal("cgroup_inet_egress", rows[1].attach_type)
    assert.equal(1, rows[1].attach_type_id)
    assert.equal(2, rows[1].attach_flags)
    assert.equal(home, bpf.cgroup_path(rows[1].cgroup_id))
    assert.is_false(rows[1].inherited)
    local effective = rows_of(id, { effective = true })
    assert.equal(2, #effective)
    assert.same(rows[1], effective[1])
    local inner = effective[2]
    assert.equal(home .. "/inner", inner.path)
    assert.is_true(inner.inherited)
    assert.same({ rows[1].cgroup_id, home, 2 },
      { inner.from_id, inner.from_path, inner.attach_flags })
    run("bpftool cgroup detach %s" .. home .. " egress pinned %s", cgroups, path)
    assert.same({}, rows_of(id))
  end)

  it("tells what a group has itself from what it inherits, and from whom", function()
    local path, id = pinned("att_egress")
    local groups = { home, home .. "/inner", home .. "/inner/most" }
    run("mkdir %s%s", cgroups, groups[3])
    for i = 1, 2 do
      run("bpftool cgroup attach %s%s egress pinned %s multi", cgroups, groups[i], path)
    end
    local told = {}
    for i, row in ipairs(rows_of(id, { effective = true })) do
      told[i] = ("%s %s"):format(row.path, row.inherited and row.from_path or "itself")
    end
    table.sort(told)
    assert.same({ groups[1] .. " itself", groups[2] .. " " .. groups[1], groups[2] .. " itself",
      groups[3] .. " " .. groups[1], groups[3] .. " " .. groups[2] }, told)
    assert.equal(2, #rows_of(id))
    for i = 1, 2 do
      run("bpftool cgroup detach %s%s egress pinned %s", cgroups, groups[i], path)
    end
    assert.same({}, rows_of(id, { effective = true }))
    run("rmdir %s%s", cgroups, groups[3])
  end)

  it("is unmoved by hierarchies of version 1 and by what else is in the way", function()
    local path, id = pinned("att_egress")
    local one = os.tmpname()
    os.remove(one)
    run("mkdir %s", one)
    finally(function()
      try("bpftool cgroup detach %s" .. home .. " egress pinned %s", cgroups, path)
      try("rmdir %s/group; umount %s; rmdir %s", one, one, one)
    end)
    run("bpftool cgroup attach %s" .. home .. " egress pinned %s multi", cgroups, path)
    if not os.execute(("mount -t cgroup -o none,name=lunette none %s 2>/dev/null"):format(one)) then
      return pending("this kernel has no control groups of version 1")
    end
    run("mkdir %s/group", one)
    -- It has no programs, and says so: by an error, which stops nothing.
    assert.is_nil(os.execute(("bpftool cgroup show %s/group >/dev/null 2>&1"):format(one)))
    assert.equal(1, #rows_of(id))
    assert.equal(2, #rows_of(id, { effective = true }))
    local rows, notes = require("lunette.attach").list { effective = true }
    assert.is_table(fixture.find(rows, { prog_id = id, how = "inherited" }))
    assert.same(fixture.notes {}, notes)
  end)

  it("agrees with bpftool cgroup tree", function()
    local ours = {} -- other processes may attach programs meanwhile
    for name, type in pairs { att_egress = "egress", att_sock = "sock_create" } do
      local path, id = pinned(name)
      ours[id] = true
      run("bpftool cgroup attach %s" .. home .. "/inner %s pinned %s multi", cgroups, type, path)
    end
    local theirs, mine = {}, {}
    local tree = fixture.output(("bpftool -j cgroup tree %s 2>/dev/null"):format(cgroups))
    for group in tree:gmatch('{"cgroup":(.-%])}') do
      local path = group:match('"([^"]+)"'):sub(#cgroups + 1)
      for entry in group:gmatch('{(.-)}') do
        local id, type = entry:match('"id":(%d+),"attach_type":"([^"]+)"')
        if ours[tonumber(id)] then theirs[#theirs + 1] = ("%s %s %s"):format(path, type, id) end
      end
    end
    for _, row in ipairs(assert(bpf.cgroup_progs())) do
      if ours[row.prog_id] then
        mine[#mine + 1] = ("%s %s %d"):format(row.path, row.attach_type, row.prog_id)
      end
    end
    table.sort(theirs)
    table.sort(mine)
    assert.equal(2, #mine)
    assert.same(theirs, mine)
    for name, type in pairs { att_egress = "egress", att_sock = "sock_create" } do
      run("bpftool cgroup detach %s" .. home .. "/inner %s pinned %s", cgroups, type, pinned(name))
    end
  end)

  it("finds the tree where only another mount namespace has it", function()
    local path, id = pinned("att_egress")
    run("bpftool cgroup attach %s" .. home .. " egress pinned %s multi", cgroups, path)
    finally(function()
      try("bpftool cgroup detach %s" .. home .. " egress pinned %s", cgroups, path)
    end)
    local script = ([[
      local bpf = require("bpf")
      for _, row in ipairs(assert(bpf.cgroup_progs())) do
        if row.prog_id == %d then print(row.path, bpf.cgroup_path(row.cgroup_id)) end
      end]]):format(id)
    local told = fixture.output(([[unshare -m --propagation private sh -c '
      umount -a -l -t cgroup2 && ! grep -q "cgroup2" /proc/self/mountinfo &&
      exec %s run -' <<'END'
%s
END]]):format(fixture.binary(), script))
    assert.equal(home .. "\t" .. home .. "\n", told)
  end)

  it("says which group is not there", function()
    assert.equal("/", bpf.cgroup_path(1))
    assert.same({ nil, "control group 99999999: No such file or directory", 2 },
      { bpf.cgroup_path(99999999) })
  end)
end)

describe("bpf.net_progs", function()
  local one, two

  local function rows_of(id)
    local list = {}
    for _, row in ipairs(assert(bpf.net_progs())) do
      if row.prog_id == id then list[#list + 1] = row end
    end
    return list
  end

  setup(function()
    one, two = "lunt1-" .. fixture.pid(), "lunt2-" .. fixture.pid()
    run("ip netns add %s && ip netns add %s", one, two)
    run("ip -n %s link add lunt0 type veth peer name lunt1 netns %s", one, two)
  end)

  teardown(function()
    try("ip netns del %s", one)
    try("ip netns del %s", two)
  end)

  it("finds the namespaces by name", function()
    local list = assert(bpf.netns())
    assert.equal("/proc/self/ns/net", list[1].path)
    assert.is_table(fixture.find(list, { path = "/run/netns/" .. one }))
    assert.is_table(fixture.find(list, { path = "/run/netns/" .. two }))
  end)

  it("finds XDP in another namespace", function()
    local path, id = pinned("att_xdp")
    run("nsenter --net=/run/netns/%s bpftool net attach xdpgeneric pinned %s dev lunt1", two, path)
    local rows = rows_of(id)
    assert.equal(1, #rows)
    assert.equal("xdp", rows[1].kind)
    assert.equal("generic", rows[1].mode)
    assert.equal("lunt1", rows[1].ifname)
    assert.equal("/run/netns/" .. two, rows[1].netns_path)
    assert.truthy(rows[1].ifindex > 0 and rows[1].netns > 0)
  end)

  it("tells driver mode from generic", function()
    local path, id = pinned("att_xdp")
    run("nsenter --net=/run/netns/%s bpftool net attach xdpdrv pinned %s dev lunt0", one, path)
    assert.equal("driver", fixture.find(rows_of(id), { ifname = "lunt0" }).mode)
  end)

  it("finds filters of clsact, ingress and other queueing disciplines", function()
    local path, id = pinned("att_tc")
    local inside = "nsenter --net=/run/netns/%s tc " -- `tc -n` hides /sys/fs/bpf
    local add = inside .. "filter add dev lunt0 %s bpf da object-pinned %s"
    run("tc -n %s qdisc add dev lunt0 clsact", one)
    run(add, one, "ingress pref 7 protocol ip", path)
    run(add, one, "egress", path)
    run("tc -n %s qdisc add dev lunt1 ingress", two)
    run(inside .. "filter add dev lunt1 parent ffff: bpf da object-pinned %s", two, path)
    run("tc -n %s qdisc add dev lunt1 root handle 5: htb", two)
    run(inside .. "filter add dev lunt1 parent 5: bpf object-pinned %s", two, path)
    local rows = rows_of(id)
    assert.equal(4, #rows)
    assert.is_false(fixture.find(rows, { mode = "qdisc", parent = 5 << 16 }).direct_action)
    local ingress = fixture.find(rows, { ifname = "lunt0", mode = "ingress" })
    assert.equal("tc", ingress.kind)
    assert.equal(7, ingress.priority)
    assert.equal(0x0800, ingress.protocol)
    assert.is_true(ingress.direct_action)
    assert.truthy(ingress.name:match("att_tc"))
    assert.is_table(fixture.find(rows, { ifname = "lunt0", mode = "egress" }))
    assert.is_table(fixture.find(rows, { ifname = "lunt1", mode = "ingress" }))
  end)

  it("agrees with bpftool net in each namespace", function()
    -- bpftool lists a filter of an ingress qdisc four times under other names, so sets are
    -- compared.
    local function set(list, name, kind)
      local words, found = {}, {}
      for _, row in ipairs(list) do
        local word = ("%s %s %d"):format(kind(row), row[name], row.prog_id or row.id)
        if not found[word] then words[#words + 1] = word end
        found[word] = true
      end
      table.sort(words)
      return words
    end
    local function of_namespace(list, ns)
      local mine = { xdp = {}, tc = {} }
      for _, row in ipairs(list) do
        if row.netns_path == "/run/netns/" .. ns then table.insert(mine[row.kind], row) end
      end
      return mine
    end
    local all, view = assert(bpf.net_progs()), assert(require("lunette.attach").list())
    for _, ns in ipairs { one, two } do
      local theirs = fixture.json(("nsenter --net=/run/netns/%s bpftool -j net"):format(ns))[1]
      local mine = of_namespace(all, ns)
      local shown = of_namespace(view, ns)
      assert.same({ #mine.xdp, #mine.tc }, { #shown.xdp, #shown.tc })
      assert.truthy(#mine.xdp + #mine.tc > 2)
      assert.same(set(theirs.xdp, "devname", function(row) return row.mode end),
        set(mine.xdp, "ifname", function(row) return row.mode end))
      assert.same(set(theirs.tc, "devname", function() return "tc" end),
        set(mine.tc, "ifname", function() return "tc" end))
    end
  end)

  it("finds the namespace's own flow dissector", function()
    local path, id = pinned("att_dissect")
    run("nsenter --net=/run/netns/%s bpftool prog attach pinned %s flow_dissector", one, path)
    local rows = rows_of(id)
    assert.equal(1, #rows)
    assert.equal("netns", rows[1].kind)
    assert.equal("flow_dissector", rows[1].attach_type)
    assert.equal("/run/netns/" .. one, rows[1].netns_path)
    assert.is_nil(rows[1].ifindex)
    run("nsenter --net=/run/netns/%s bpftool prog detach pinned %s flow_dissector", one, path)
  end)

  it("leaves the caller where it was", function()
    local before = fixture.output("readlink /proc/self/ns/net")
    bpf.net_progs()
    assert.equal(before, fixture.output("readlink /proc/self/ns/net"))
    assert.equal("/proc/self/ns/net", bpf.netns()[1].path)
  end)

  it("leaks no descriptor", function()
    collectgarbage()
    local before = fixture.descriptors()
    for _ = 1, 5 do
      bpf.net_progs()
      bpf.cgroup_progs()
      bpf.sock_progs()
      bpf.netns()
    end
    assert.equal(before, fixture.descriptors())
  end)
end)

describe("bpf.lirc_progs", function()
  it("tells nothing where there is no infrared device", function()
    if fixture.output("ls /dev/lirc* 2>/dev/null") ~= "" then
      pending("this machine has infrared devices")
    else
      assert.same({}, bpf.lirc_progs())
    end
  end)
end)

describe("bpf.sock_progs", function()
  it("tells what is on a socket map", function()
    local path, id = pinned("att_msg")
    local map <close> = assert(object:map("att_sockmap"))
    run("bpftool prog attach pinned %s msg_verdict id %d", path, map:info().id)
    if not fixture.since(5, 18) then
      local list, err = bpf.sock_progs()
      assert.is_nil(list)
      assert.equal("this kernel does not tell their programs (Linux 5.18)", err)
      return
    end
    local row = fixture.find(assert(bpf.sock_progs()), { prog_id = id })
    assert.equal(map:info().id, row.map_id)
    assert.equal("sk_msg_verdict", row.attach_type)
    run("bpftool prog detach pinned %s msg_verdict id %d", path, map:info().id)
    assert.is_nil(fixture.find(bpf.sock_progs(), { prog_id = id }))
  end)
end)
