-- The attach view: a row for each attachment, however the program is held.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local run = fixture.run

local function row_of(id, fields)
  fields = fields or {}
  fields.prog_id = id
  return fixture.find(assert(attach.list()), fields)
end

local function count_of(id)
  local n = 0
  for _, row in ipairs(assert(attach.list())) do
    if row.prog_id == id then n = n + 1 end
  end
  return n
end

describe("attach.list", function()
  local object

  local function id_of(name) return fixture.find(object:progs(), { name = name }).id end

  after_each(function()
    if object then object:close() end
  end)

  it("tells each link once, with its target and since when", function()
    object = assert(bpf.load(fixture.object("objects")))
    object:attach()
    local expected = {
      obj_tracepoint_of_getpgid = { "tracepoint", "syscalls:sys_enter_getpgid" },
      obj_raw_tp = { "raw_tracepoint", "sys_exit" },
      obj_tp_btf = { "tp_btf", "sched_process_exec" },
      obj_uprobe = { "uprobe", "libc.so.6:" },
      obj_uretprobe = { "uretprobe", "libc.so.6:" },
      obj_iter = { "iter", "task" },
    }
    for name, want in pairs(expected) do
      local row = row_of(id_of(name))
      assert.equal(1, count_of(row.prog_id), name)
      assert.equal(want[1], row.kind)
      assert.equal("link", row.how)
      assert.truthy(row.target:find(want[2], 1, true), row.target)
      assert.equal(bpf.prog_info(row.prog_id).load_time, row.since)
      assert.is_false(row.own)
    end
    assert.is_nil(row_of(id_of("obj_xdp")))
  end)

  it("names the function that a uprobe is on", function()
    object = assert(bpf.load(fixture.object("objects")))
    object:attach("obj_uprobe")
    local row = row_of(id_of("obj_uprobe"))
    assert.truthy(row.func:match("getpgid"))
    assert.equal(0, row.offset)
    assert.truthy(row.file:match("libc%.so%.6$"))
  end)

  it("leaves Lunette's own out", function()
    assert.is_table(fixture.find(attach.list(), { own = true, kind = "iter" }))
    assert.is_nil(fixture.find(attach.list { own = false }, { own = true }))
  end)

  it("gives the same by program", function()
    object = assert(bpf.load(fixture.object("objects")))
    object:attach("obj_iter")
    local rows = assert(attach.by_program())[id_of("obj_iter")]
    assert.same({ row_of(id_of("obj_iter")) }, rows)
  end)
end)

describe("attach.list without links", function()
  local object, pin, ns, cgroups
  local home = "/lunette-view-" .. fixture.pid()

  setup(function()
    object = assert(bpf.load(fixture.object("attach")))
    pin, ns = fixture.pin("view"), "lunv-" .. fixture.pid()
    cgroups = os.tmpname()
    os.remove(cgroups)
    run("mkdir %s %s && mount -t cgroup2 none %s && mkdir %s" .. home, pin, cgroups, cgroups,
      cgroups)
    run("ip netns add %s && ip -n %s link add lunv0 type veth peer name lunv1", ns, ns)
  end)

  teardown(function()
    object:close()
    os.execute(("rmdir %s" .. home .. "; umount %s; rmdir %s"):format(cgroups, cgroups, cgroups))
    os.execute(("ip netns del %s; rm -r %s"):format(ns, pin))
  end)

  local function pinned(name)
    local prog <close> = assert(object:prog(name))
    local path = pin .. "/" .. name
    assert(prog:pin(path))
    return path, prog:info().id
  end

  it("tells control groups", function()
    local path, id = pinned("att_egress")
    run("bpftool cgroup attach %s" .. home .. " egress pinned %s multi", cgroups, path)
    local row = row_of(id)
    assert.equal("cgroup", row.kind)
    assert.equal("prog", row.how)
    assert.equal(home, row.target)
    assert.equal("cgroup_inet_egress", row.attach_type)
    assert.equal(row.cgroup_path, bpf.cgroup_path(row.cgroup_id))
    run("mkdir %s" .. home .. "/inner", cgroups)
    local inherited = fixture.find(assert(attach.list { effective = true }),
      { prog_id = id, how = "inherited" })
    run("rmdir %s" .. home .. "/inner", cgroups)
    assert.equal(home .. "/inner, from " .. home, inherited.target)
    assert.equal("cgroup_inet_egress", inherited.attach_type)
    assert.same({ row.cgroup_id, home, "the control group " .. home },
      { inherited.from_cgroup_id, inherited.from_cgroup_path, inherited.held_by })
    assert.is_nil(row_of(id, { how = "inherited" }))
    run("bpftool cgroup detach %s" .. home .. " egress pinned %s", cgroups, path)
    assert.is_nil(row_of(id))
  end)

  it("agrees with bpftool cgroup tree, also on what is effective", function()
    local path, id = pinned("att_sock")
    run("mkdir %s" .. home .. "/inner", cgroups)
    finally(function()
      os.execute(("bpftool cgroup detach %s" .. home .. " sock_create pinned %s")
        :format(cgroups, path))
      os.execute(("rmdir %s" .. home .. "/inner"):format(cgroups))
    end)
    run("bpftool cgroup attach %s" .. home .. " sock_create pinned %s multi", cgroups, path)
    for option, word in pairs { [""] = "", [" --effective"] = " effective" } do
      local theirs, mine = {}, {}
      -- With `effective`, bpftool's JSON of a tree is invalid, so its text is read.
      local group
      for line in fixture.output(("bpftool cgroup tree %s%s 2>/dev/null"):format(cgroups, word))
        :gmatch("[^\n]+") do
        group = line:match("^(/%S*)") or group
        local number, type = line:match("^%s+(%d+)%s+(%S+)")
        if tonumber(number) == id then theirs[#theirs + 1] = group:sub(#cgroups + 1) .. type end
      end
      local list = fixture.json(("%s attach list --program %d -j%s"):format(fixture.binary(), id,
        option))
      for _, row in ipairs(list) do mine[#mine + 1] = row.cgroup.path .. row.attachType end
      table.sort(theirs)
      table.sort(mine)
      assert.equal(option == "" and 1 or 2, #mine)
      assert.same(theirs, mine)
    end
  end)

  it("leaves Lunette's own out when asked to, also of what is effective", function()
    for _, effective in ipairs { false, true } do
      local rows = assert(attach.list { own = false, effective = effective })
      assert.is_nil(fixture.find(rows, { own = true }))
    end
    local list = fixture.json(fixture.binary() .. " attach list --no-own -j")
    assert.is_nil(fixture.find(list, { own = true }))
    list = fixture.json(fixture.binary() .. " attach list --effective -j")
    assert.is_table(fixture.find(list, { own = true }))
  end)

  it("tells interfaces of another namespace", function()
    local path, id = pinned("att_xdp")
    run("nsenter --net=/run/netns/%s bpftool net attach xdpgeneric pinned %s dev lunv0", ns, path)
    local row = row_of(id)
    assert.equal("xdp", row.kind)
    assert.equal("netlink", row.how)
    assert.equal("lunv0 in /run/netns/" .. ns, row.target)
    assert.equal("generic", row.mode)
  end)

  it("tells what is on another namespace itself, as it does of links", function()
    local path, id = pinned("att_dissect")
    run("nsenter --net=/run/netns/%s bpftool prog attach pinned %s flow_dissector", ns, path)
    local row = row_of(id)
    assert.same({ "netns", "prog", "flow_dissector" }, { row.kind, row.how, row.attach_type })
    assert.equal("network namespace /run/netns/" .. ns, row.target)
    assert.equal("the network namespace", row.held_by)
  end)

  it("tells tail calls", function()
    local path, id = pinned("att_tail")
    local map <close> = assert(object:map("att_tails"))
    run("bpftool map update id %d key 2 0 0 0 value pinned %s", map:info().id, path)
    local row = row_of(id)
    assert.equal("tail_call", row.kind)
    assert.equal("map", row.how)
    assert.equal(2, row.index)
    assert.equal(map:info().id, row.map_id)
    assert.equal(("slot 2 of map %d (att_tails)"):format(row.map_id), row.target)
  end)

  it("tells programs of device maps", function()
    local path, id = pinned("att_devmap")
    local map <close> = assert(object:map("att_devices"))
    local fd = assert(bpf.prog(path))
    finally(function() fd:close() end)
    -- Loopback is device 1; the value is the device, and the descriptor of the program.
    assert(map:update(("<I4"):pack(0), ("<I4I4"):pack(1, fd:fd())))
    local row = row_of(id)
    assert.equal("xdp", row.kind)
    assert.equal("map", row.how)
    assert.equal("xdp_devmap", row.attach_type)
    assert.equal(("slot 0 of map %d (att_devices)"):format(map:info().id), row.target)
  end)

  it("tells socket maps and sockets", function()
    local path, id = pinned("att_msg")
    local map <close> = assert(object:map("att_sockmap"))
    run("bpftool prog attach pinned %s msg_verdict id %d", path, map:info().id)
    local row = row_of(id)
    if fixture.since(5, 18) then
      assert.equal("sockmap", row.kind)
      assert.equal(("map %d (att_sockmap)"):format(map:info().id), row.target)
    end
    run("bpftool prog detach pinned %s msg_verdict id %d", path, map:info().id)
    local socket, socket_id = pinned("att_socket")
    local helper = assert(io.popen("exec /usr/bin/python3 tests/lua/support/sockets.py " .. socket))
    local pid = helper:read("n")
    finally(function()
      os.execute("kill " .. pid)
      helper:close()
    end)
    row = row_of(socket_id, { kind = "socket" })
    assert.equal(pid, row.pid)
    assert.equal("socket", row.how)
    assert.equal(("udp, descriptor %d of python3 (%d)"):format(row.fd, pid), row.target)
    local group = row_of(socket_id, { kind = "reuseport" })
    assert.matches("^udp 127%.0%.0%.1:%d+$", group.socket)
    assert.same({ { pid = pid, fd = group.fd, comm = "python3" } }, group.holders)
  end)
end)

describe("attach.list of a running bpftrace", function()
  it("tells its perf events, which have no link", function()
    local probe = "tracepoint:syscalls:sys_enter_getpgid { @LUNETTEVIEW = count(); } "
      .. "profile:hz:1 { @LUNETTEPROFILE = count(); }"
    local helper = assert(io.popen(
      ("BPFTRACE_NO_USER_SYMBOLS=1 bpftrace -e '%s' & echo $!; wait"):format(probe)))
    local pid = helper:read("n")
    finally(function()
      -- bpftrace 0.17 ignores a SIGTERM that arrives while it starts.
      os.execute("kill -KILL " .. pid)
      helper:close()
    end)
    helper:read("l")
    assert.truthy((helper:read("l") or ""):match("^Attaching 2 probes"))
    local tracepoint, profile
    fixture.eventually(function()
      local rows = assert(attach.list())
      tracepoint = fixture.find(rows, { pid = pid, kind = "tracepoint" })
      profile = fixture.find(rows, { pid = pid, kind = "perf_event" })
      return tracepoint and profile
    end)
    assert.equal("syscalls:sys_enter_getpgid", tracepoint.target)
    local shown = assert(io.popen(("%s prog show %d"):format(fixture.binary(),
      tracepoint.prog_id))):read("a")
    assert.matches("perf events +pid %d+, fd %d+: Tracepoint syscalls:sys_enter_getpgid\n", shown)
    assert.equal("fd", tracepoint.how)
    assert.equal("bpftrace", tracepoint.comm)
    assert.equal("perf_event", bpf.prog_info(profile.prog_id).type)
    assert.matches("^cpu%-clock, each 1000 ms on CPU %d+$", profile.target)
    assert.same({ { pid = pid, fd = profile.fd, comm = "bpftrace" } }, profile.holders)
  end)
end)
