-- A link of every type that a test can make on this kernel: its row in the attach view (program,
-- place, kind, since when, holders), and `lunette link list` and `attach list` compared with
-- bpftool.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local run = fixture.run

local ns = "lunl-" .. fixture.pid()
local root = os.tmpname()
local group = ("%s/lunette-links-%d"):format(root, fixture.pid())
local pin = fixture.pin("linktype")
local made, missing = {}, {}
local object, pipe, pid, libc, rows

local function id_of(name) return fixture.find(object:progs(), { name = name }).id end

local function read_links()
  for line in pipe:lines() do
    local name, id, prog = line:match("^(%S+) (%S+) (%S+)")
    if line == "end" then return end
    if id == "-" then
      missing[name] = prog
    else
      made[name] = { id = math.tointeger(tonumber(id)), prog_id = math.tointeger(tonumber(prog)) }
    end
  end
  error("the helper ended")
end

setup(function()
  os.remove(root)
  run("mkdir %s && mount -t cgroup2 none %s && mkdir %s", root, root, group)
  run("ip netns add %s && ip -n %s link set lo up", ns, ns)
  object = assert(bpf.load(fixture.object("objects")))
  assert(object:attach())
  local uprobe = fixture.find(bpf.task_fd_query(), { prog_id = id_of("obj_uprobe") })
  libc = fixture.find(bpf.links(), { prog_id = id_of("obj_uprobe") })
  pipe = assert(io.popen(("exec nsenter --net=/run/netns/%s /usr/bin/python3 "
    .. "tests/lua/support/links.py %s %s %d"):format(ns, group, uprobe.name, uprobe.probe_offset)))
  pid = assert(pipe:read("n", "l"))
  read_links()
  rows = assert(attach.list())
end)

teardown(function()
  if pid then os.execute("kill " .. pid) end
  if pipe then pipe:close() end
  if object then object:close() end
  bpf.unpin(pin)
  os.execute(("ip netns del %s; rmdir %s; umount %s; rmdir %s"):format(ns, group, root, root))
end)

-- The only row of a program; nil, and a skip, when the kernel lacks the type.
local function row_of(name)
  if not made[name] then
    pending(("this kernel makes no such link: %s"):format(missing[name]))
    return nil
  end
  local found
  for _, row in ipairs(rows) do
    if row.prog_id == made[name].prog_id then
      assert.is_nil(found, name .. " is told twice")
      found = row
    end
  end
  assert.equal(made[name].id, found.link_id)
  assert.equal("link", found.how)
  assert.equal(bpf.prog_info(found.prog_id).load_time, found.since)
  assert.is_nil(found.since_latest)
  assert.is_nil(found.held_by)
  assert.equal(1, #found.holders)
  assert.same({ pid, "python3" }, { found.holders[1].pid, found.holders[1].comm })
  assert.same({}, found.pins)
  return found
end

describe("the row of a link", function()
  local where = "lo in /run/netns/" .. ns

  for name, kind in pairs { tcx = "tcx", xdp = "xdp" } do
    it("on an interface: " .. name, function()
      local row = row_of(name)
      if row then assert.same({ kind, where, "lo" }, { row.kind, row.target, row.ifname }) end
    end)
  end

  it("on both ends of netkit: each once, by the interface that one can ask for", function()
    local row = row_of("netkit")
    if not row then return end
    assert.same({ "netkit", "netkit_primary" }, { row.kind, row.attach_type })
    assert.matches("^lunk%d+$", row.ifname)
    assert.equal(("%s in /run/netns/%s"):format(row.ifname, ns), row.target)
    local peer = row_of("netkit_peer")
    assert.same({ "netkit_peer", row.ifindex, row.ifname },
      { peer.attach_type, peer.ifindex, peer.ifname })
    assert.equal("the peer of " .. row.target, peer.target)
    assert.equal(fixture.json("bpftool -j link show id " .. peer.link_id).ifindex,
      peer.peer_ifindex)
  end)

  for name, type in pairs { dissect = "flow_dissector", lookup = "sk_lookup" } do
    it("on a network namespace: " .. name, function()
      local row = row_of(name)
      if not row then return end
      assert.same({ "netns", type }, { row.kind, row.attach_type })
      assert.equal("network namespace /run/netns/" .. ns, row.target)
    end)
  end

  it("of netfilter", function()
    local row = row_of("netfilter")
    if row then assert.equal("ipv4 input, priority -128", row.target) end
  end)

  it("on a control group", function()
    local row = row_of("cgroup")
    assert.same({ "cgroup", group:sub(#root + 1) }, { row.kind, row.target })
  end)

  it("on a control group says that its path is root's to know, where it is", function()
    local listed = fixture.json(("setpriv --bounding-set=-dac_read_search "
      .. "--inh-caps=-dac_read_search %s attach list -j"):format(fixture.binary()))
    local row
    for _, item in ipairs(listed) do
      if item.programId == made.cgroup.prog_id then row = item end
    end
    assert.matches("^control group %d+, whose path only root can read$", row.target)
  end)

  it("on a perf event", function()
    local row = row_of("perf")
    assert.equal("perf_event", row.kind)
    assert.matches("^page%-faults", row.target)
  end)

  it("on a clock, and what runs the program elsewhere without a link", function()
    if not made.clock then return pending("perf events have no links (Linux 5.15)") end
    local how = {}
    for _, row in ipairs(rows) do
      if row.prog_id == made.clock.prog_id then
        how[row.how] = row.target
        assert.equal("perf_event", row.kind)
        assert.equal(pid, row.holders[1].pid)
      end
    end
    -- Before Linux 6.6 the event itself has its link's place and more.
    how.link = how.link and how.link:gsub("^task%-clock, each 1 ms on CPU 0$", "task-clock")
    assert.same({ link = "task-clock", fd = "page-faults, each 1000000 on CPU 0" }, how)
  end)

  it("on a socket map", function()
    local row = row_of("sockmap")
    if row then assert.same({ "sockmap", "sk_msg_verdict" }, { row.kind, row.attach_type }) end
  end)

  for name, kind in pairs { kprobes = "kprobe_multi", kretprobes = "kretprobe_multi" } do
    it("on functions of the kernel, with cookies: " .. name, function()
      local row = row_of(name)
      if not row then return end
      assert.same({ kind, 2, "bpf_fentry_test1, bpf_fentry_test2" },
        { row.kind, row.count, row.target })
      local link = bpf.link_info(row.link_id)
      assert.equal(kind == "kretprobe_multi", link.retprobe)
      assert.equal(0, link.missed)
      for i, name_of in ipairs { "bpf_fentry_test1", "bpf_fentry_test2" } do
        assert.equal(name_of, bpf.ksym(link.addrs[i]))
      end
      if fixture.since(6, 9) then assert.same({ 11, 22 }, link.cookies) end
    end)
  end

  for name, kind in pairs { uprobes = "uprobe_multi", uretprobes = "uretprobe_multi" } do
    it("on functions of a file: " .. name, function()
      local row = row_of(name)
      if not row then return end
      assert.equal(kind, row.kind)
      assert.matches("/libc%.so%.6$", row.file)
      assert.equal(1, row.count)
      assert.matches("getpgid", row.funcs[1])
      assert.equal(("%s:%s"):format(row.file, row.funcs[1]), row.target)
    end)
  end

  it("that is pinned says where, and since when at the latest", function()
    if not libc then return pending("perf events have no links (Linux 5.15)") end
    local before = bpf.uptime()
    run("bpftool link pin id %d %s", libc.id, pin)
    local row = fixture.find(assert(attach.list()), { link_id = libc.id })
    assert.same({ pin }, row.pins)
    assert.truthy(row.since_latest >= row.since)
    -- File times lag by a tick, and the wall clock may be set meanwhile.
    assert.is_true(row.since_latest > (before - 5) * 1e9)
    assert.is_true(row.since_latest < (bpf.uptime() + 5) * 1e9)
    bpf.unpin(pin)
  end)
end)

describe("against bpftool", function()
  -- Fields of a link that have the same name in bpftool.
  local FIELDS = { "attach_type", "target_obj_id", "target_btf_id", "cgroup_id", "target_name",
    "map_id", "netns_ino", "tp_name", "ifindex", "pid", "tid" }

  local function ours()
    local ids = {}
    for _, link in pairs(made) do ids[link.id] = true end
    for _, link in ipairs(assert(bpf.links())) do
      for _, prog in ipairs(object:progs()) do
        if link.prog_id == prog.id then ids[link.id] = true end
      end
    end
    return ids
  end

  local function by_id(list)
    local index, wanted = {}, ours()
    for _, link in ipairs(list) do
      local id = math.tointeger(link.id)
      if wanted[id] then index[id] = link end
    end
    return index
  end

  it("link list: the same links, programs, types and details", function()
    local theirs = by_id(fixture.json("bpftool -j link list"))
    local mine = by_id(fixture.json(fixture.binary() .. " link list -j"))
    local seen = 0
    for id, link in pairs(theirs) do
      local other = assert(mine[id], "link " .. id .. " is missing")
      assert.equal(link.prog_id, other.programId)
      if type(link.type) == "string" then assert.equal(link.type, other.type) end
      for _, field in ipairs(FIELDS) do
        if link[field] ~= nil and other.details[field] ~= nil then
          assert.equal(tostring(link[field]), tostring(other.details[field]), field)
        end
      end
      mine[id], seen = nil, seen + 1
    end
    assert.same({}, mine)
    assert.truthy(seen >= (fixture.since(5, 15) and 10 or 6), seen)
  end)

  it("link show: the same, one by one", function()
    for id in pairs(ours()) do
      local theirs = fixture.json("bpftool -j link show id " .. id)
      local mine = fixture.json(("%s link show %d -j"):format(fixture.binary(), id))
      assert.same({ theirs.id, theirs.prog_id }, { mine.id, mine.programId })
      if type(theirs.type) == "string" then assert.equal(theirs.type, mine.type) end
    end
  end)

  it("attach list: every link once, and the descriptors that bpftool perf tells", function()
    local listed = fixture.json(fixture.binary() .. " attach list -j")
    local links = ours()
    for _, row in ipairs(listed) do
      local id = type(row.link) == "table" and math.tointeger(row.link.id)
      if id and links[id] then links[id] = nil end
    end
    assert.same({}, links)
    for _, event in ipairs(fixture.json("bpftool -j perf list")) do
      if event.pid == fixture.pid() then
        local row = assert(fixture.find(listed, { programId = event.prog_id }), event.prog_id)
        local kind = event.fd_type
        if kind ~= "raw_tracepoint" or row.kind ~= "tp_btf" then assert.equal(kind, row.kind) end
        local name = event.tracepoint or event.filename
        assert.truthy(row.target:find(name, 1, true), row.target)
      end
    end
  end)
end)
