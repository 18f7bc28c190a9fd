-- Programs, maps and BTF objects by id: compared with bpftool, while objects vanish, and with
-- errors.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local object

local function id_of(name)
  return fixture.find(object:progs(), { name = name }).id
end

describe("bpf.progs", function()
  setup(function() object = assert(bpf.load(fixture.object("objects"))) end)
  teardown(function() object:close() end)

  it("lists what was loaded, with its maps and full name", function()
    local prog = fixture.find(assert(bpf.progs()), { id = id_of("obj_tracepoint_of_getpgid") })
    assert.equal("tracepoint", prog.type)
    assert.equal(5, prog.type_id)
    assert.equal("obj_tracepoint_of_getpgid", prog.name)
    assert.is_true(prog.gpl)
    assert.is_false(prog.own)
    assert.is_false(prog.orphaned)
    assert.equal(2, #prog.map_ids)
    assert.truthy(prog.load_time > 0 and prog.verified_insns > 0 and prog.btf_id > 0)
  end)

  it("says what bpftool says", function()
    for _, mine in ipairs(object:progs()) do
      local info = assert(bpf.prog_info(mine.id))
      local theirs = fixture.json("bpftool -j prog show id " .. mine.id)
      assert.equal(theirs.type, info.type)
      assert.equal(theirs.tag, info.tag)
      assert.equal(theirs.bytes_xlated, info.xlated_len)
      assert.equal(theirs.bytes_jited, info.jited_len)
      assert.equal(theirs.bytes_memlock, info.memlock)
      assert.equal(theirs.uid, info.uid)
      assert.equal(theirs.btf_id, info.btf_id)
      assert.equal(theirs.gpl_compatible, info.gpl)
      assert.equal(theirs.name, info.name)
      table.sort(info.map_ids)
      local maps = theirs.map_ids or {}
      table.sort(maps)
      assert.same(maps, info.map_ids)
    end
  end)

  it("has the ids of bpf.ids, in order", function()
    local ids = assert(bpf.ids("prog"))
    for i = 2, #ids do assert.truthy(ids[i - 1] < ids[i]) end
    local seen = {}
    for _, id in ipairs(ids) do seen[id] = true end
    for _, prog in ipairs(object:progs()) do assert.is_true(seen[prog.id]) end
  end)

  it("says which id is not there", function()
    local info, err, errno = bpf.prog_info(0xfffffff0)
    assert.is_nil(info)
    assert.equal("program 4294967280: No such file or directory", err)
    assert.equal(2, errno)
  end)

  it("raises on what is no id and no kind", function()
    assert.has_error(function() bpf.prog_info(-1) end)
    assert.has_error(function() bpf.prog_info("x") end)
    assert.has_error(function() bpf.prog_info(1 << 32) end)
    assert.has_error(function() bpf.ids("program") end)
    assert.has_error(function() bpf.progs(true) end)
  end)

  it("leaves Lunette's own out", function()
    assert(bpf.owners()) -- loads the iterator
    assert.is_table(fixture.find(bpf.progs(), { name = "lun_owners" }))
    assert.is_nil(fixture.find(bpf.progs { own = false }, { name = "lun_owners" }))
    assert.is_nil(fixture.find(bpf.progs { own = false }, { own = true }))
    assert.is_nil(fixture.find(bpf.maps { own = false }, { own = true }))
    assert.is_nil(fixture.find(bpf.links { own = false }, { own = true }))
    assert.is_table(fixture.find(bpf.links(), { own = true, type = "iter" }))
  end)
end)

describe("bpf.maps and bpf.btfs", function()
  setup(function() object = assert(bpf.load(fixture.object("objects"))) end)
  teardown(function() object:close() end)

  it("say what bpftool says", function()
    for _, mine in ipairs(object:maps()) do
      local info = fixture.find(assert(bpf.maps()), { id = mine.id })
      local theirs = fixture.json("bpftool -j map show id " .. mine.id)
      assert.equal(theirs.type, info.type)
      assert.equal(theirs.name, info.name)
      assert.equal(theirs.bytes_key, info.key_size)
      assert.equal(theirs.bytes_value, info.value_size)
      assert.equal(theirs.max_entries, info.max_entries)
      assert.equal(theirs.bytes_memlock, info.memlock)
      assert.equal(theirs.btf_id, info.btf_id)
      assert.equal(theirs.frozen ~= 0, info.frozen)
      assert.same(info, bpf.map_info(mine.id))
    end
  end)

  it("know per-CPU types", function()
    for _, mine in ipairs(object:maps()) do
      assert.equal(mine.name == "obj_counts", bpf.map_info(mine.id).per_cpu)
    end
  end)

  it("tell the kernel's BTF from a program's", function()
    local vmlinux = fixture.find(assert(bpf.btfs()), { name = "vmlinux" })
    assert.is_true(vmlinux.kernel)
    local mine = assert(bpf.btf_info(bpf.prog_info(object:progs()[1].id).btf_id))
    assert.is_false(mine.kernel)
    assert.truthy(mine.size > 0)
  end)

  it("say what is not there", function()
    assert.same({ nil, "map 4294967280: No such file or directory", 2 },
      { bpf.map_info(0xfffffff0) })
    assert.same({ nil, "BTF object 4294967280: No such file or directory", 2 },
      { bpf.btf_info(0xfffffff0) })
  end)
end)

describe("bpf.type_name", function()
  it("names types newer than the headers, and says the number of unknown ones", function()
    assert.equal("cgrp_storage", bpf.type_name("map", 32))
    assert.equal("arena", bpf.type_name("map", 33))
    assert.equal("netfilter", bpf.type_name("prog", 32))
    assert.equal("netkit", bpf.type_name("link", 13))
    assert.equal("type_4000000000", bpf.type_name("map", 4000000000))
  end)

  it("agrees with the running kernel's BTF", function()
    local path = os.tmpname()
    os.execute("bpftool btf dump file /sys/kernel/btf/vmlinux > " .. path .. " 2>/dev/null")
    local checked = 0
    for line in io.lines(path) do
      local kind, name, value = line:match("'BPF_(%u+)_TYPE_([%u%d_]+)' val=(%d+)$")
      if kind and name ~= "UNSPEC" and not name:match("DEPRECATED") then
        if kind == "PROG" or kind == "MAP" or kind == "LINK" then
          assert.equal(name:lower(), bpf.type_name(kind:lower(), tonumber(value)))
          checked = checked + 1
        end
      end
    end
    os.remove(path)
    assert.truthy(checked > 60)
  end)
end)

describe("bpf.prog", function()
  setup(function() object = assert(bpf.load(fixture.object("objects"))) end)
  teardown(function() object:close() end)

  it("opens by id, and goes on when the object is gone", function()
    local other = assert(bpf.load(fixture.object("objects")))
    local id = other:progs()[1].id
    local prog <close> = assert(bpf.prog(id))
    other:close()
    assert.equal(id, prog:info().id)
  end)

  it("lists the ids of a name that several have", function()
    local other <close> = assert(bpf.load(fixture.object("objects")))
    local prog, err = bpf.prog("obj_tracepoint_of_getpgid")
    assert.is_nil(prog)
    assert.truthy(err:match("programs are named 'obj_tracepoint_of_getpgid': ids %d+, %d+"))
    assert.truthy(err:find(tostring(other:progs()[1].id), 1, true))
  end)

  it("says that there is none", function()
    assert.same({ nil, "no program is named 'obj_nowhere'", 2 }, { bpf.prog("obj_nowhere") })
    assert.same({ nil, "program 4294967280: No such file or directory", 2 },
      { bpf.prog(0xfffffff0) })
    local prog, err = bpf.prog("/sys/fs/bpf/nowhere")
    assert.is_nil(prog)
    assert.equal("/sys/fs/bpf/nowhere: No such file or directory", err)
  end)

  it("is closed once and for all", function()
    local prog = assert(bpf.prog(object:progs()[1].id))
    prog:close()
    prog:close()
    assert.has_error(function() prog:info() end, "program is closed")
  end)

  it("leaks no descriptor, by collection or by error", function()
    collectgarbage()
    local before = fixture.descriptors()
    for _ = 1, 50 do
      bpf.prog(object:progs()[1].id)
      bpf.prog(0xfffffff0)
      bpf.prog("obj_nowhere")
      pcall(function()
        local prog <close> = assert(bpf.prog(object:progs()[1].id))
        prog:pin(nil)
      end)
      bpf.progs()
      bpf.maps()
      bpf.links()
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, fixture.descriptors())
  end)
end)
