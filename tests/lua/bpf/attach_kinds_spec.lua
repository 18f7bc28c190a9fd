-- Attach view rows of links that few kernels allow: links.add gets the kernel's data from the test.
-- And the programs of a struct_ops map, which most kernels allow.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local links = require("lunette.attach.links")
local support = require("tests.lua.schema.support")

-- A view with only the objects that a test adds.
local function view_of(more)
  local view = { progs = {}, maps = {}, owned = {} }
  function view.holder_of() return nil end
  function view.is_kernel_btf(_, id) return id == 1 end
  for key, value in pairs(more or {}) do view[key] = value end
  return view
end

local function row_of(link, view)
  local rows = {}
  link.id, link.prog_id = link.id or 9, link.prog_id or 5
  links.add(rows, link, view or view_of())
  assert.equal(1, #rows)
  return rows[1]
end

-- A program of the kind whose BTF has functions, and the BTF id of one of them.
local function function_of(object, name)
  local info = fixture.find(object:progs(), { name = name })
  local prog = bpf.prog_info(info.id)
  for id = 1, 1000 do
    local names = bpf.btf_names(prog.btf_id, { id })
    if not names then break end
    if names[1] == name then return prog, id end
  end
  error("no function " .. name)
end

describe("a tracing link", function()
  it("on a function of the kernel", function()
    local prog = { id = 5, type = "tracing", attach_btf_obj_id = 1, attach_btf_id = 0 }
    local row = row_of({ type = "tracing", attach_type = "trace_fexit", target_obj_id = 1,
      target_btf_id = 77 }, view_of { progs = { [5] = prog, [1] = { id = 1, name = "other" } } })
    assert.same({ "fexit", "BTF type 77" }, { row.kind, row.target })
    assert.is_nil(row.target_prog_id)
  end)

  it("that replaces or traces a function of a program says of which", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local target, number = function_of(object, "obj_xdp")
    local view = view_of { progs = { [target.id] = target } }
    for kind, prog in pairs {
      freplace = { id = 5, type = "ext", attach_btf_obj_id = target.btf_id,
        attach_btf_id = number },
      fentry = { id = 5, type = "tracing", attach_btf_obj_id = target.btf_id,
        attach_btf_id = number },
    } do
      view.progs[5] = prog
      local row = row_of({ type = "tracing", attach_type = "trace_fentry",
        target_obj_id = target.id, target_btf_id = number }, view)
      assert.equal(kind, row.kind)
      assert.equal(target.id, row.target_prog_id)
      assert.equal("obj_xdp", row.func)
      assert.equal(("obj_xdp of program %d (obj_xdp)"):format(target.id), row.target)
    end
  end)
end)

describe("links of other types", function()
  it("on functions of the kernel", function()
    local row = row_of { type = "perf_event", perf_type = "kretprobe", func_name = "vfs_read",
      offset = 0, addr = 0 }
    assert.same({ "kretprobe", "vfs_read" }, { row.kind, row.target })
    row = row_of { type = "perf_event", perf_type = "kprobe", func_name = "vfs_read", offset = 16,
      addr = 0 }
    assert.same({ "kprobe", "vfs_read+0x10", "vfs_read" }, { row.kind, row.target, row.func })
  end)

  it("on many functions of the kernel name some, and how many more there are", function()
    local address = bpf.ksym_address("vfs_read")
    local given = bpf.link_info
    finally(function() bpf.link_info = given end)
    local addrs = { address, address, address, address, address }
    bpf.link_info = function() return { addrs = addrs } end
    local row = row_of { type = "kprobe_multi", count = 5, retprobe = true }
    assert.equal("kretprobe_multi", row.kind)
    assert.equal("vfs_read, vfs_read, vfs_read, 2 more", row.target)
  end)

  it("on netkit and on interfaces that are gone", function()
    assert.equal("interface 7",
      row_of({ type = "netkit", ifindex = 7, attach_type = "netkit_primary" }).target)
    assert.equal("an interface that is gone", row_of({ type = "netkit", ifindex = 0 }).target)
  end)

  it("of iterators over a part of what there is", function()
    local function target(more)
      more.type, more.target_name = "iter", more.target_name or "task"
      return row_of(more, view_of { maps = { [3] = { id = 3, name = "flows" } } }).target
    end
    assert.equal("task", target { tid = 0, pid = 0 })
    assert.equal("task of process 77", target { tid = 0, pid = 77 })
    assert.equal("task_file of thread 78", target { target_name = "task_file", tid = 78, pid = 0 })
    assert.equal("bpf_map_elem of map 3 (flows)",
      target { target_name = "bpf_map_elem", map_id = 3 })
    assert.equal("cgroup of /", target { target_name = "cgroup", cgroup_id = 1 })
    assert.equal("cgroup of control group 99999999, which is gone",
      target { target_name = "cgroup", cgroup_id = 99999999 })
  end)

  it("of perf events in words", function()
    for words, event in pairs {
      ["cpu-cycles, each 1000"] = { event_type = 0, event_config = 0, period = 1000 },
      ["cpu-clock, 99 times a second on CPU 1"] =
        { event_type = 1, event_config = 0, frequency = 99, cpu = 1 },
      ["task-clock, each 10 ms"] = { event_type = 1, event_config = 1, period = 10000000 },
      ["event type 4, config 0x1c0"] = { event_type = 4, event_config = 0x1c0 },
      ["a perf event"] = {},
    } do
      assert.equal(words, links.event(event))
    end
  end)
end)

describe("a struct_ops map", function()
  local register = "bpftool struct_ops register " .. fixture.object("struct_ops") .. " 2>&1"
  local said = fixture.output(register)
  local id = math.tointeger(tonumber(said:match("^Registered .* id (%d+)")))
  if not id then
    pending("this kernel takes no struct_ops: " .. said)
    return
  end

  local gone = false
  local function unregister()
    if not gone then os.execute(("bpftool struct_ops unregister id %d >/dev/null"):format(id)) end
    gone = true
  end

  teardown(unregister)

  local function rows_of(rows)
    local members = {}
    for _, row in ipairs(rows) do
      if row.map_id == id then members[row.member] = row end
    end
    return members
  end

  it("has a row for each program, by the function that it stands for", function()
    local rows = rows_of(assert(attach.list()))
    for member, name in pairs { ssthresh = "so_ssthresh", cong_avoid = "so_avoid",
      undo_cwnd = "so_undo" } do
      local row = rows[member]
      assert.same({ "struct_ops", "map", "tcp_congestion_ops" },
        { row.kind, row.how, row.struct })
      assert.equal(name, bpf.prog_info(row.prog_id).name)
      assert.equal(("%s of tcp_congestion_ops lunette_still (map %d)"):format(member, id),
        row.target)
      assert.equal(("map %d (lunette_still)"):format(id), row.held_by)
      assert.equal(bpf.prog_info(row.prog_id).load_time, row.since)
      rows[member] = nil
    end
    assert.same({}, rows)
  end)

  it("has them by its link, where there is one", function()
    local rows, info = {}, bpf.map_info(id)
    links.add(rows, { type = "struct_ops", id = 9, map_id = id, prog_id = 0 },
      view_of { maps = { [id] = info } })
    assert.equal(3, #rows)
    for _, row in ipairs(rows) do assert.same({ "link", 9 }, { row.how, row.link_id }) end
    local unknown = row_of({ type = "struct_ops", map_id = 4294967280, prog_id = 0 })
    assert.equal("map 4294967280", unknown.target)
    assert.is_nil(unknown.prog_id)
  end)

  it("is drawn with its programs, and its programs are not forgotten", function()
    local prog = rows_of(assert(attach.list())).ssthresh.prog_id
    local graph = support.ask(([[{ graph(from: "map:%d", depth: 1) { edges { from to kind } } }]])
      :format(id)).graph
    assert.is_table(fixture.find(graph.edges,
      { from = "map:" .. id, to = "prog:" .. prog, kind = "HOLDS" }))
    local found = require("lunette.leaks").list { young = 0 }
    assert.is_nil(fixture.find(found, { kind = "prog", id = prog }))
  end)

  it("has none once it is not registered", function()
    unregister()
    local rows
    for _ = 1, 600 do -- it goes a moment later
      rows = rows_of(assert(attach.list()))
      if not next(rows) then break end
      os.execute("sleep 0.05")
    end
    assert.same({}, rows)
  end)
end)
