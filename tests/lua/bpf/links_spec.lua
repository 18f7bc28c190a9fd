-- Links of the types that a test can attach on this kernel, compared with bpftool; detaching.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local object

local function id_of(name) return fixture.find(object:progs(), { name = name }).id end
local function link_of(name)
  return fixture.find(assert(bpf.links()), { prog_id = id_of(name) })
end

local UNTOLD = "this kernel does not tell what a link of a perf event is on (Linux 6.6)"

describe("bpf.links", function()
  setup(function()
    object = assert(bpf.load(fixture.object("objects")))
    assert.equal(6, assert(object:attach()))
  end)
  teardown(function() object:close() end)

  it("tells a tracepoint", function()
    local link = link_of("obj_tracepoint_of_getpgid")
    assert.equal("perf_event", link.type)
    assert.equal(7, link.type_id)
    assert.is_false(link.own)
    if not link.perf_type then return pending(UNTOLD) end
    assert.equal("tracepoint", link.perf_type)
    assert.equal("sys_enter_getpgid", link.tp_name)
  end)

  it("tells raw tracepoints, also those by BTF", function()
    assert.equal("sys_exit", link_of("obj_raw_tp").tp_name)
    assert.equal("raw_tracepoint", link_of("obj_raw_tp").type)
    assert.equal("sched_process_exec", link_of("obj_tp_btf").tp_name)
  end)

  it("tells uprobes", function()
    local link, ret = link_of("obj_uprobe"), link_of("obj_uretprobe")
    if not link.perf_type then return pending(UNTOLD) end
    assert.equal("uprobe", link.perf_type)
    assert.equal("uretprobe", ret.perf_type)
    assert.truthy(link.file_name:match("/libc%.so%.6$"))
    assert.truthy(link.offset > 0)
    assert.equal(link.offset, ret.offset)
  end)

  it("tells iterators", function()
    local link = link_of("obj_iter")
    assert.equal("iter", link.type)
    assert.equal("task", link.target_name)
    assert.equal(0, link.tid)
  end)

  it("agrees with bpftool on ids, types and programs", function()
    for _, theirs in ipairs(fixture.json("bpftool -j link list")) do
      local mine = bpf.link_info(math.tointeger(theirs.id))
      if mine then -- other processes' links may be gone by now
        assert.equal(theirs.prog_id, mine.prog_id)
        if type(theirs.type) == "string" then assert.equal(theirs.type, mine.type) end
        if theirs.attach_type then
          assert.equal(theirs.attach_type, mine.attach_type)
        end
      end
    end
  end)

  it("gives one link the same fields as the list", function()
    local link = link_of("obj_uprobe")
    assert.same(link, assert(bpf.link_info(link.id)))
    local handle <close> = assert(bpf.link(link.id))
    assert.same(link, assert(handle:info()))
  end)

  it("says what is not there, and what is no link", function()
    assert.same({ nil, "link 4294967280: No such file or directory", 2 },
      { bpf.link_info(0xfffffff0) })
    assert.same({ nil, "link 4294967280: No such file or directory", 2 },
      { bpf.link(0xfffffff0) })
    assert.has_error(function() bpf.link("a name") end)
  end)
end)

describe("link:detach", function()
  it("says when the type can't", function()
    local loaded <close> = assert(bpf.load(fixture.object("objects")))
    object = loaded
    assert.equal(1, loaded:attach("obj_raw_tp"))
    local link <close> = assert(bpf.link(link_of("obj_raw_tp").id))
    local ok, err, errno = link:detach()
    assert.is_nil(ok)
    assert.truthy(err:match("^detaching the link: "))
    assert.equal(95, errno)
    link:close()
    assert.has_error(function() link:detach() end, "link is closed")
  end)
end)
