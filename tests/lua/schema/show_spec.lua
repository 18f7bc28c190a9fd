-- All facts about a program, in GraphQL and as prog show prints them, compared with bpftool, for
-- programs of every type that the fixtures can load on this kernel.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local describe_program = require("lunette.cli.program")
local support = require("tests.lua.schema.support")

local FIXTURES = { "objects", "attach", "run", "schema_fixture", "counters", "stream" }

local ASK = [[query ($id: Int!) { program(id: $id) {
  id name kernelType tag loadTime uid gplCompatible memory xlatedSize jitedSize btfId ifindex
  verifiedInsns recursionMisses functionCount lineCount attachTo attachBtfId
  attachBtf { name kernel }
  runs runTimeNs pins verifierLog maps { id }
} }]]

local objects = {}

local function load(name)
  local object = assert(bpf.load(fixture.object(name)))
  objects[#objects + 1] = object
  return object:progs()
end

local function value(v)
  if type(v) == "userdata" then return nil end
  return v
end

local function check(id)
  local theirs = fixture.json("bpftool -j -f prog show id " .. id)
  local mine = support.ask(ASK, { id = id }).program
  assert.equal(theirs.type, mine.kernelType)
  assert.equal(theirs.tag, mine.tag)
  assert.equal(theirs.name, value(mine.name))
  assert.equal(theirs.gpl_compatible, mine.gplCompatible)
  assert.equal(theirs.uid, mine.uid)
  assert.near(theirs.loaded_at, mine.loadTime, 1.5)
  assert.equal(theirs.bytes_xlated, mine.xlatedSize)
  assert.equal(theirs.bytes_jited or 0, mine.jitedSize)
  assert.equal(theirs.bytes_memlock, mine.memory)
  assert.equal(theirs.btf_id, value(mine.btfId))
  assert.equal(#(theirs.map_ids or {}), #mine.maps)
  assert.equal(theirs.recursion_misses or 0, tonumber(mine.recursionMisses))
end

describe("prog show", function()
  local types = {}

  setup(function()
    for _, name in ipairs(FIXTURES) do
      for _, prog in ipairs(load(name)) do
        local info = bpf.prog_info(prog.id)
        types[info.type] = types[info.type] or {}
        table.insert(types[info.type], prog.id)
      end
    end
  end)
  teardown(function() for _, object in ipairs(objects) do object:close() end end)

  it("says what bpftool says, of programs of every type", function()
    local count = 0
    for _, ids in pairs(types) do
      count = count + 1
      for _, id in ipairs(ids) do check(id) end
    end
    assert.truthy(count >= 8, count .. " types")
  end)

  it("has more: instructions walked, functions, source lines, what it was made for", function()
    for _, ids in pairs(types) do
      for _, id in ipairs(ids) do
        local p = support.ask(ASK, { id = id }).program
        assert.truthy(p.verifiedInsns > 0 and p.functionCount >= 1 and p.lineCount >= 1)
        local code = assert(bpf.xlated(id))
        assert.equal(#code.functions, p.functionCount)
      end
    end
    local traced
    for _, id in ipairs(types.tracing) do
      local p = support.ask(ASK, { id = id }).program
      if p.attachTo == "sched_process_exec" then traced = p end
    end
    assert.equal("vmlinux", traced.attachBtf.name)
    assert.is_true(traced.attachBtf.kernel)
    assert.truthy(traced.attachBtfId > 0)
  end)

  -- The kernel reports a device only for offloaded programs, which need hardware: the program is
  -- made up, the network namespaces are real.
  it("names the device that a program was loaded for, in whichever network namespace", function()
    local fields = require("lunette.schema.program").resolvers.Program
    local function device(ifindex, inode)
      local prog = { id = 7, ifindex = ifindex, netns_ino = inode, netns_dev = 4 }
      local ctx = { cache = {} }
      return { fields.ifindex(prog), fields.interface(prog, nil, ctx), fields.netns(prog),
        fields.netnsPath(prog, nil, ctx) }
    end
    local ours = math.tointeger(fixture.output("stat -Lc %i /proc/self/ns/net"))
    assert.same({ 1, "lo", ours, "/proc/self/ns/net" }, device(1, ours))
    assert.same({ 0x7ffffffe, nil, ours, "/proc/self/ns/net" }, device(0x7ffffffe, ours))
    assert.same({ 1, nil, 12345 }, device(1, 12345))
    assert.same({}, device(0, 0))
    local helper = assert(io.popen("exec unshare -n sh -c '"
      .. "echo $$ $(stat -Lc %i /proc/$$/ns/net); exec sleep 600'"))
    local pid, inode = helper:read("n", "n")
    local other = device(1, inode)
    os.execute("kill " .. pid)
    helper:close()
    assert.same({ 1, "lo", inode, ("/proc/%d/ns/net"):format(pid) }, other)
  end)

  it("says in words what is known, and that a verifier log is not", function()
    local id = types.tracing[1]
    local text = table.concat(describe_program.lines(id), "\n")
    local info = bpf.prog_info(id)
    local function has(pattern) assert.truthy(text:find(pattern), pattern .. "\n" .. text) end
    has("^program " .. id .. "  " .. info.name .. "\n")
    has("\n  type +tracing %(Tracing%)\n")
    has("\n  tag +" .. info.tag .. "\n")
    has("\n  made for +%S+ of the kernel %(type %d+%)\n")
    has("\n  loaded +%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d, .- ago\n")
    has("\n  user +0 root\n")
    has("\n  licence +GPL compatible\n")
    has(("\n  bytecode +.-, %d instructions"):format(info.xlated_len // 8))
    has(("\n  verifier +%d instructions walked\n +log: unknown"):format(info.verified_insns))
    has("\n  misses +0\n")
    has(("\n  BTF +%d\n"):format(info.btf_id))
    has("\n  owners +%d+ ")
  end)
end)

describe("bpf.load", function()
  local PATH = fixture.object("replace")

  it("loads only the programs that are named", function()
    local object <close> = assert(bpf.load(PATH, { programs = { "rep_target" } }))
    local progs = object:progs()
    assert.equal(1, #progs)
    assert.equal("rep_target", progs[1].name)
    assert.equal(2, support.ask(ASK, { id = progs[1].id }).program.functionCount)
  end)

  it("needs a target that is there", function()
    local before = fixture.descriptors()
    local object, err, errno = bpf.load(PATH, { programs = { "rep_new" },
      targets = { rep_new = { prog = 0x7ffffffe, func = "rep_function" } } })
    assert.is_nil(object)
    assert.equal(2, errno)
    assert.matches("No such file or directory", err)
    assert.equal(before, fixture.descriptors())
    local target <close> = assert(bpf.load(PATH, { programs = { "rep_target" } }))
    local now_open = fixture.descriptors()
    object, err = bpf.load(PATH, { programs = { "rep_new" },
      targets = { rep_new = { prog = target:progs()[1].id, func = "no_such_function" } } })
    assert.is_nil(object)
    assert.matches("no_such_function", err)
    assert.equal(now_open, fixture.descriptors())
  end)

  it("raises on what makes no sense", function()
    assert.has_error(function() bpf.load(PATH, { programs = "rep_new" }) end)
    assert.has_error(function() bpf.load(PATH, { targets = { rep_new = 1 } }) end)
    assert.has_error(function() bpf.load(PATH, { targets = { rep_new = { prog = 1 } } }) end)
    assert.has_error(function() bpf.load(PATH, 5) end)
  end)
end)

describe("what extends a program", function()
  local ASK_BOTH = [[query ($a: Int!, $b: Int!) {
    a: program(id: $a) { extends { kind function program { id } target { id } link { id } } }
    b: program(id: $b) { extendedBy { kind function program { id } target { id } link { id } } }
  }]]

  it("is an edge to it, and back", function()
    local target <close> = assert(bpf.load(fixture.object("replace"),
      { programs = { "rep_target" } }))
    local to = target:progs()[1].id
    local ext, err, errno = bpf.load(fixture.object("replace"), { programs = { "rep_new" },
      targets = { rep_new = { prog = to, func = "rep_function" } } })
    if not ext then
      assert.truthy(errno == 1 or errno == 524 or errno == 95, err)
      pending("this kernel can't replace functions of programs: " .. err)
      return
    end
    local object <close> = ext
    assert(object:attach())
    local from = object:progs()[1].id
    local data = support.ask(ASK_BOTH, { a = from, b = to })
    assert.same(data.a.extends, data.b.extendedBy)
    local edge = data.a.extends[1]
    assert.same({ "freplace", "rep_function", from, to },
      { edge.kind, edge["function"], edge.program.id, edge.target.id })
  end)

  it("is told from links, for freplace and for tracing a program", function()
    local own <close> = assert(bpf.load(fixture.object("replace"), { programs = { "rep_target" } }))
    local target = bpf.prog_info(own:progs()[1].id)
    local links = {
      { id = 1, type = "tracing", prog_id = 11, target_obj_id = target.id, target_btf_id = 0,
        attach_type = "trace_fexit" },
      { id = 2, type = "tracing", prog_id = 12, target_obj_id = target.id, target_btf_id = 0 },
      { id = 3, type = "tracing", prog_id = 13, target_obj_id = 1, target_btf_id = 5 },
      { id = 4, type = "xdp", prog_id = 12 },
    }
    local found = {
      prog = {
        [11] = { id = 11, type = "tracing", attach_btf_obj_id = 100 },
        [12] = { id = 12, type = "ext" },
        [13] = { id = 13, type = "tracing", attach_btf_obj_id = 1 },
        [target.id] = target,
      },
      btf = { [100] = { id = 100, kernel = false }, [1] = { id = 1, kernel = true } },
    }
    local k = require("lunette.schema.kernel").of({ cache = {} })
    k.list = function(_, kind) return kind == "link" and links or {} end
    k.find = function(_, kind, id) return found[kind][id] end
    local resolvers = require("lunette.schema.extension").resolvers.Program
    local ctx = { cache = { kernel = k } }
    local by = resolvers.extendedBy(target, nil, ctx)
    assert.equal(2, #by)
    assert.same({ "fexit", "freplace" }, { by[1].kind, by[2].kind })
    assert.equal(12, resolvers.extends(found.prog[12], nil, ctx)[1].program.id)
    assert.same({}, resolvers.extends(found.prog[13], nil, ctx))
  end)
end)
