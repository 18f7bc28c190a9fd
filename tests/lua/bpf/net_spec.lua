-- Programs on routes, classes, shared blocks and actions, attached by `ip` and `tc` in a network
-- namespace of the test; and every way in which a namespace is kept alive.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local run, try = fixture.run, fixture.try

local object = fixture.object("routes")
local ns = "lunn-" .. fixture.pid()

-- `ip -n` and `tc -n` mount over the BPF file system.
local function inside(command, ...)
  return try("nsenter --net=/run/netns/%s " .. command, ns, ...)
end

local function rows_of(fields)
  local list = {}
  fields.netns_path = "/run/netns/" .. ns
  for _, row in ipairs(assert(bpf.net_progs())) do
    if fixture.find({ row }, fields) then list[#list + 1] = row end
  end
  return list
end

local function program_of(row)
  local info = assert(bpf.prog_info(row.prog_id))
  return info.type .. " " .. info.name
end

setup(function()
  run("ip netns add %s", ns)
  run("ip -n %s link add lunn0 type veth peer name lunn1", ns)
  for _, name in ipairs { "lunn0", "lunn1" } do run("ip -n %s link set %s up", ns, name) end
  run("ip -n %s addr add 10.99.0.1/24 dev lunn0", ns)
  run("ip -n %s addr add fd00:99::1/64 dev lunn0 nodad", ns)
end)

teardown(function() try("ip netns del %s", ns) end)

describe("bpf.net_progs of routes", function()
  local function add(route, ...)
    if inside("ip route add " .. route, ...) then return true end
    pending("this kernel or its `ip` takes no program on a route")
    return false
  end

  local NO_LOOP = "this kernel's programs can't walk the table of next hops (Linux 5.17)"

  it("tells IPv4's, in and out, and which program it is", function()
    if not fixture.since(5, 17) then return pending(NO_LOOP) end
    if not add("10.120.0.0/16 encap bpf in obj %s section lwt_in out obj %s section lwt_out "
      .. "via 10.99.0.7 dev lunn0 metric 5", object, object) then return end
    local rows = rows_of { kind = "route", dst = "10.120.0.0" }
    assert.equal(2, #rows)
    local row = fixture.find(rows, { mode = "in" })
    assert.same({ 16, "ipv4", "10.99.0.7", "lunn0", 254, 5 },
      { row.dst_len, row.family, row.gateway, row.ifname, row.table, row.metric })
    assert.equal("routes.bpf.o:[lwt_in]", row.name)
    assert.equal("lwt_in rt_in", program_of(row))
    assert.equal("lwt_out rt_out", program_of(fixture.find(rows, { mode = "out" })))
    local shown = fixture.find(assert(attach.list()), { prog_id = row.prog_id })
    assert.same({ "route", "netlink", "the route" }, { shown.kind, shown.how, shown.held_by })
    assert.equal("route to 10.120.0.0/16 over lunn0 (in) in /run/netns/" .. ns, shown.target)
    assert.equal(bpf.prog_info(row.prog_id).load_time, shown.since)
  end)

  it("says that the programs are unknown where descriptors are too few to ask", function()
    if not fixture.since(5, 17) then return pending(NO_LOOP) end
    if #rows_of { kind = "route", dst = "10.120.0.0" } == 0 then
      return pending("this kernel or its `ip` takes no program on a route")
    end
    local script = [[
      local list, missed = assert(require("bpf").net_progs())
      for _, row in ipairs(list) do
        if row.dst == "10.120.0.0" then print(row.mode, row.prog_id) end
      end
      print(missed)
      local _, notes = assert(require("lunette.attach").list())
      for _, note in ipairs(notes) do print(note) end]]
    local pipe = assert(io.popen(("ulimit -n 20; %s run - 2>&1 <<'END'\n%s\nEND"):format(
      fixture.binary(), script)))
    local said = pipe:read("a")
    pipe:close()
    local missed = "the programs of routes: Too many open files\n"
    assert.equal("in\tnil\nout\tnil\n" .. missed, said:match("^.-files\n"))
    assert.truthy(said:find(missed, 30, true), said) -- the note of the view
  end)

  it("tells IPv6's", function()
    if not add("fd00:120::/64 encap bpf xmit obj %s section lwt_xmit via fd00:99::7 dev lunn0",
      object) then return end
    local row = rows_of({ kind = "route", dst = "fd00:120::" })[1]
    assert.same({ "xmit", "ipv6", "fd00:99::7" }, { row.mode, row.family, row.gateway })
    assert.equal("lwt_xmit rt_xmit", program_of(row))
  end)

  it("tells routes over several hops and next hop objects", function()
    if not fixture.since(5, 17) then return pending(NO_LOOP) end
    if not add("10.121.0.0/16 nexthop encap bpf xmit obj %s section lwt_xmit via 10.99.0.8 dev "
      .. "lunn0 nexthop via 10.99.0.9 dev lunn0", object) then return end
    local rows = rows_of { kind = "route", dst = "10.121.0.0" }
    assert.equal(1, #rows)
    assert.equal("10.99.0.8", rows[1].gateway)
    assert.equal("lwt_xmit rt_xmit", program_of(rows[1]))
    if not inside("ip nexthop add id 7 encap bpf xmit obj %s section lwt_xmit via 10.99.0.10 "
      .. "dev lunn0", object) then return pending("this `ip` gives next hops no program") end
    local row = rows_of({ kind = "route", nexthop = 7 })[1]
    assert.same({ "10.99.0.10", nil, nil }, { row.gateway, row.dst, row.prog_id })
    assert.is_true(inside("ip route add 10.122.0.0/16 nhid 7"))
    rows = rows_of { kind = "route", nexthop = 7 }
    assert.equal(1, #rows)
    assert.equal("10.122.0.0", rows[1].dst)
    assert.equal("lwt_xmit rt_xmit", program_of(rows[1]))
  end)

  it("tells SRv6's", function()
    if not add("fd00:121::/64 encap seg6local action End.BPF endpoint obj %s section lwt_seg6local "
      .. "dev lunn0", object) then return end
    local row = rows_of({ kind = "route", dst = "fd00:121::" })[1]
    assert.equal("seg6local", row.mode)
    assert.equal("lwt_seg6local rt_seg6", program_of(row))
  end)

  it("leaves them out when asked to", function()
    if not add("10.123.0.0/16 encap bpf xmit obj %s section lwt_xmit dev lunn0", object) then
      return
    end
    assert.equal(1, #rows_of { dst = "10.123.0.0" })
    for _, row in ipairs(assert(bpf.net_progs { routes = false })) do
      assert.not_equal("route", row.kind)
    end
  end)
end)

describe("bpf.net_progs of traffic control", function()
  it("finds filters on classes", function()
    run("tc -n %s qdisc add dev lunn1 root handle 5: htb", ns)
    run("tc -n %s class add dev lunn1 parent 5: classid 5:1 htb rate 1mbit", ns)
    assert.is_true(inside("tc filter add dev lunn1 parent 5:1 bpf da obj %s section tc", object))
    local rows = rows_of { kind = "tc", ifname = "lunn1" }
    assert.equal(1, #rows)
    assert.same({ "class", 0x50001 }, { rows[1].mode, rows[1].parent })
    assert.equal("sched_cls rt_class", program_of(rows[1]))
  end)

  it("finds filters on a block that interfaces share", function()
    run("tc -n %s qdisc add dev lunn0 ingress_block 22 clsact", ns)
    run("tc -n %s qdisc add dev lunn1 ingress_block 22 clsact", ns)
    assert.is_true(inside("tc filter add block 22 bpf da obj %s section tc", object))
    local rows = rows_of { kind = "tc", block = 22 }
    assert.equal(2, #rows)
    assert.is_table(fixture.find(rows, { ifname = "lunn0", mode = "ingress" }))
    assert.is_table(fixture.find(rows, { ifname = "lunn1", mode = "ingress" }))
    assert.is_nil(rows[1].parent)
  end)

  it("finds actions, alone and on a classifier that is none", function()
    if not inside("tc actions add action bpf obj %s section action index 70", object) then
      return pending("this kernel has no actions that are programs (CONFIG_NET_ACT_BPF)")
    end
    local row = rows_of({ kind = "tc_action", index = 70 })[1]
    assert.equal("sched_act rt_action", program_of(row))
    assert.is_nil(row.classifier)
    assert.is_true(inside("tc filter add dev lunn0 egress u32 match u32 0 0 action bpf index 70"))
    local rows = rows_of { kind = "tc_action", index = 70 }
    assert.equal(1, #rows)
    assert.same({ "u32", "lunn0", "egress" }, { rows[1].classifier, rows[1].ifname, rows[1].mode })
  end)
end)

local helpers, folders = {}, {}

-- Starts a process that prints its id and other requested values, and runs until the test ends.
local function helper(command, ...)
  local pipe = assert(io.popen("exec " .. command:format(...)))
  local pid = assert(pipe:read("n"))
  table.insert(helpers, { pipe = pipe, pid = pid })
  pipe:read("l")
  return pid, pipe:read("l")
end

local function folder(suffix)
  local dir = os.tmpname()
  os.remove(dir)
  dir = dir .. suffix
  run("mkdir '%s'", dir)
  table.insert(folders, dir)
  return dir
end

after_each(function()
  for _, one in ipairs(helpers) do
    os.execute("kill " .. one.pid)
    one.pipe:close()
  end
  for _, dir in ipairs(folders) do os.execute(("rmdir '%s'"):format(dir)) end
  helpers, folders = {}, {}
end)

describe("bpf.netns", function()
  local function path_of(ino)
    local found = fixture.find(assert(bpf.netns()), { ino = math.tointeger(tonumber(ino)) })
    return found and found.path
  end

  it("finds that of a thread", function()
    local pid, ino = helper([[/usr/bin/python3 -c '
import ctypes, os, threading, time
said = threading.Event()
def leave():
    assert ctypes.CDLL(None).unshare(0x40000000) == 0
    print(os.getpid(), os.stat("/proc/thread-self/ns/net").st_ino, sep="\n", flush=True)
    said.set()
    time.sleep(60)
threading.Thread(target=leave, daemon=True).start()
said.wait()
time.sleep(60)']])
    assert.matches(("^/proc/%d/task/%%d+/ns/net$"):format(pid), path_of(ino))
  end)

  it("finds one without a process, by the descriptor that keeps it", function()
    local pid, ino = helper([[unshare -n bash -c 'exec 9</proc/self/ns/net
      ino=$(stat -L -c %%i /proc/self/ns/net); echo $$; echo $ino
      exec nsenter --net=/proc/$PPID/ns/net sleep 60']])
    local want, path = ("/proc/%d/fd/9"):format(pid), nil
    for _ = 1, 600 do -- until it has left
      path = path_of(ino)
      if path == want then break end
      os.execute("sleep 0.05")
    end
    assert.equal(want, path)
  end)

  it("finds one that is mounted where only another mount namespace sees it", function()
    local dir = folder(" space")
    local pid, ino = helper([[unshare -m --propagation private bash -c 'mount -t tmpfs none "%s"
      cd "%s" && touch net && unshare -n mount --bind /proc/self/ns/net net &&
      ino=$(stat -c %%i net) && echo $$ && echo $ino && exec sleep 60']], dir, dir)
    assert.equal(("/proc/%d/root%s/net"):format(pid, dir), path_of(ino))
  end)

  it("is unmoved by those that come and go, and keeps none", function()
    helper([[bash -c 'trap "stop=1" TERM; echo $$; echo
      until [ $stop ]; do ip netns add lunn-$$-x; ip netns del lunn-$$-x; done']])
    collectgarbage()
    local before = fixture.descriptors()
    for _ = 1, 20 do
      assert.is_table(bpf.net_progs())
      assert.is_table(bpf.netns())
    end
    assert.equal(before, fixture.descriptors())
  end)
end)

describe("bpf.pins", function()
  it("finds what is pinned where only another mount namespace sees it", function()
    local loaded <close> = assert(bpf.load(object))
    local id = fixture.find(loaded:progs(), { name = "rt_class" }).id
    local dir = folder("")
    local pid = helper([[unshare -m --propagation private bash -c 'mount -t bpf none %s &&
      bpftool prog pin id %d %s/pin && echo $$ && echo && exec sleep 60']], dir, id, dir)
    local pin = fixture.find(assert(bpf.pins()), { kind = "prog", id = id })
    assert.equal(("/proc/%d/root%s/pin"):format(pid, dir), pin.path)
    local opened <close> = assert(bpf.prog(pin.path))
    assert.equal(id, opened:info().id)
  end)
end)
