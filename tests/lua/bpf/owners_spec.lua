-- Owners: equal results by the iterator and by /proc; other processes' objects; perf events.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local function held_by(owners, pid)
  local list = {}
  for _, o in ipairs(owners) do
    if o.pid == pid then
      list[#list + 1] = ("%s %d fd %d %s"):format(o.kind, o.id, o.fd, o.comm)
    end
  end
  table.sort(list)
  return list
end

describe("bpf.owners", function()
  it("knows what we hold, either way", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    object:attach()
    local first = fixture.find(bpf.links(), { prog_id = object:progs()[1].id })
    local opened <close> = assert(bpf.link(first.id)) -- its file has another name
    local owners, method = assert(bpf.owners())
    assert.equal("iterator", method)
    local by_proc, other = assert(bpf.owners { method = "proc" })
    assert.equal("proc", other)
    local pid = fixture.pid()
    assert.same(held_by(by_proc, pid), held_by(owners, pid))
    assert.is_table(fixture.find(owners,
      { kind = "link", id = opened:info().id, fd = opened:fd(), pid = pid }))
    for _, prog in ipairs(object:progs()) do
      assert.is_table(fixture.find(owners, { kind = "prog", id = prog.id, pid = pid }))
    end
    for _, map in ipairs(object:maps()) do
      assert.is_table(fixture.find(owners, { kind = "map", id = map.id, pid = pid }))
    end
    local link = fixture.find(bpf.links(), { type = "iter", prog_id =
      fixture.find(object:progs(), { name = "obj_iter" }).id })
    assert.is_table(fixture.find(owners, { kind = "link", id = link.id, pid = pid }))
    local uprobe = fixture.find(object:progs(), { name = "obj_uprobe" }).id
    assert.is_table(fixture.find(owners, { kind = "perf_event", id = uprobe, pid = pid }))
  end)

  it("knows what other processes hold", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local path = fixture.pin("owner")
    local prog <close> = object:prog("obj_xdp")
    assert(prog:pin(path))
    finally(function() bpf.unpin(path) end)
    local helper = assert(io.popen(("%s run tests/lua/support/hold.lua %s"):format(
      fixture.binary(), path)))
    local pid = math.tointeger(tonumber(helper:read("l")))
    finally(function()
      os.execute("kill " .. pid)
      helper:close()
      bpf.unpin(path)
    end)
    local want = { kind = "prog", id = prog:info().id, pid = pid }
    assert.is_table(fixture.find(assert(bpf.owners()), want))
    assert.is_table(fixture.find(assert(bpf.owners { method = "proc" }), want))
  end)

  it("knows sockets that run a program without holding it", function()
    local object <close> = assert(bpf.load(fixture.object("attach")))
    local prog <close> = object:prog("att_socket")
    local path, id = fixture.pin("socket"), prog:info().id
    assert(prog:pin(path))
    local helper = assert(io.popen("exec /usr/bin/python3 tests/lua/support/sockets.py " .. path))
    local pid, plain, group = helper:read("n", "n", "n")
    finally(function()
      os.execute("kill " .. pid)
      helper:close()
      bpf.unpin(path)
    end)
    local owners = assert(bpf.owners())
    assert.is_table(fixture.find(owners, { kind = "socket", id = id, pid = pid, fd = plain }))
    assert.is_table(fixture.find(owners, { kind = "reuseport", id = id, pid = pid, fd = group }))
    assert.is_nil(fixture.find(owners, { kind = "prog", id = id, pid = pid }))
  end)

  it("leaves out descriptors that were open only for a look", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local pid, before = fixture.pid(), held_by(bpf.owners(), fixture.pid())
    bpf.progs()
    assert.same(before, held_by(bpf.owners(), pid))
    assert.truthy(#object:progs() > 0)
  end)

  it("by /proc is enough for the attach view, which says what it lacks", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    object:attach("obj_raw_tp")
    local owners, method = bpf.owners { method = "proc" }
    local seen = { owners = owners, method = method }
    local rows, notes = require("lunette.attach").list { seen = seen }
    assert.same(fixture.notes {
      "sockets: only a BPF iterator tells of their programs, and there is none here" }, notes)
    local id = fixture.find(object:progs(), { name = "obj_raw_tp" }).id
    local row = fixture.find(rows, { prog_id = id })
    assert.equal(fixture.pid(), row.holders[1].pid)
  end)

  it("counts processes as the namespace does that it runs in", function()
    local said = fixture.output(("unshare --pid --fork --mount-proc sh -c '%s run %s; true'")
      :format(fixture.binary(), "tests/lua/support/contained.lua"))
    local pid, owner, task, note = said:match("^(%d+)\t(%d+)\t(%d+)\n(.*)\n$")
    assert.truthy(pid, said)
    assert.not_equal("1", pid)
    assert.same({ pid, pid }, { owner, task })
    assert.equal(fixture.CONTAINED, note)
  end)

  it("refuses methods that it does not know", function()
    assert.has_error(function() bpf.owners { method = "guess" } end)
    assert.has_error(function() bpf.owners("proc") end)
  end)
end)

describe("bpf.task_fd_query", function()
  it("tells what holds programs without being a BPF object", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    object:attach()
    local tasks = assert(bpf.task_fd_query())
    local function task_of(name)
      local id = fixture.find(object:progs(), { name = name }).id
      return fixture.find(tasks, { prog_id = id, pid = fixture.pid() })
    end
    local tracepoint = task_of("obj_tracepoint_of_getpgid")
    assert.equal("tracepoint", tracepoint.type)
    assert.equal("sys_enter_getpgid", tracepoint.name)
    assert.equal("raw_tracepoint", task_of("obj_raw_tp").type)
    local uprobe = task_of("obj_uprobe")
    assert.equal("uprobe", uprobe.type)
    assert.truthy(uprobe.name:match("libc%.so%.6$"))
    local link = fixture.find(bpf.links(), { prog_id = uprobe.prog_id })
    -- Before Linux 6.6 the link does not report it.
    if link.offset then assert.equal(link.offset, uprobe.probe_offset) end
  end)

  it("says what bpftool perf says", function()
    local object <close> = assert(bpf.load(fixture.object("objects")))
    object:attach()
    local tasks, pid = assert(bpf.task_fd_query()), fixture.pid()
    local seen = 0
    for _, theirs in ipairs(fixture.json("bpftool -j perf list")) do
      if theirs.pid == pid then
        local mine = fixture.find(tasks, { pid = pid, fd = math.tointeger(theirs.fd) })
        assert.equal(theirs.prog_id, mine.prog_id)
        assert.equal(theirs.fd_type, mine.type)
        assert.equal(theirs.tracepoint or theirs.filename, mine.name)
        seen = seen + 1
      end
    end
    assert.truthy(seen >= 3)
  end)
end)
