-- The disassembler, function table and control-flow graph compared with bpftool, on programs
-- compiled by clang for three instruction sets and rewritten by the kernel.

local bpf = require("bpf")
local dot = require("lunette.code.dot")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")

local SOURCES = { "net", "trace", "more" }
-- In the sanitizers' round one instruction set is enough, because only our code matters there.
local CPUS = os.getenv("LUNETTE_QUICK") and { "v3" } or { "v1", "v2", "v3" }
local PINS = fixture.pin("code")
local SYMBOLS = os.tmpname()

local output = fixture.output

local whole = true -- the kernel accepts the whole corpus

local function must(command)
  assert(os.execute(command), command)
end

-- Loads the corpus; bpftool pins it, so that both tools read the same programs and a crash can't
-- lose them.
local function load_corpus()
  local ids, newest = {}, {}
  local dir = os.tmpname() .. ".d"
  must("mkdir -p " .. dir .. " " .. PINS)
  local arch = output("gcc -print-multiarch"):match("%S+")
  for _, source in ipairs(SOURCES) do
    for _, cpu in ipairs(CPUS) do
      local object = ("%s/%s.%s.o"):format(dir, source, cpu)
      must(("clang -g -O2 -target bpf -mcpu=%s %s -D__TARGET_ARCH_x86 -I/usr/include/%s "
        .. "-c tests/bpf/code/%s.bpf.c -o %s"):format(cpu, cpu == "v3" and "-DWIDE_ATOMICS" or "",
        arch, source, object))
      -- The third file needs kernel functions that Linux before 6.2 lacks.
      local load = ("bpftool prog loadall %s %s/%s%s 2>/dev/null"):format(object, PINS, source, cpu)
      local ok = os.execute(load)
      assert(ok or source == "more", load)
      whole = whole and ok ~= nil
    end
  end
  must("rm -r " .. dir)
  for path in output("find " .. PINS .. " -type f | sort"):gmatch("%S+") do
    local info = fixture.json("bpftool -j prog show pinned " .. path)
    ids[#ids + 1] = math.tointeger(info.id)
    if path:find("v3/", 1, true) then newest[#newest + 1] = ids[#ids] end
  end
  return ids, newest
end

local ids, newest -- all programs, and those compiled for v3

setup(function()
  ids, newest = load_corpus()
  must("grep -E 'bpf|map|_elem' /proc/kallsyms >" .. SYMBOLS)
end)
teardown(function() os.execute(("rm -rf %s %s"):format(PINS, SYMBOLS)) end)

-- Runs bpftool on a program. Reading all kernel symbols is nine tenths of its time, so here it sees
-- only those that BPF programs can call.
local function look(id, what, format)
  local command = "unshare -m sh -c 'mount --bind %s /proc/kallsyms && bpftool %s prog dump xlated "
    .. "id %d %s'"
  return output(command:format(SYMBOLS, format or "", id, what))
end

local looks = {}
local function bpftool(id)
  looks[id] = looks[id] or assert(json.decode(look(id, "linum", "-j")))
  return looks[id]
end

-- Removes the accepted differences: bpftool names a local function by its kernel symbol, Lunette by
-- its BTF name; and bpftool 7.1 does not know the kernel's moves of per-CPU addresses.
local function comparable(text)
  text = text:gsub("^(%(85%) call pc[+-]%d+)#.*$", "%1")
  text = text:gsub("&%(void __percpu %*%)%((r%d+)%)$", "%1")
  return text
end

describe("bpf.xlated", function()
  it("prints each instruction of a corpus as bpftool does", function()
    local compared = 0
    for _, id in ipairs(ids) do
      local code = assert(bpf.xlated(id))
      local theirs = bpftool(id)
      local n = 0
      for _, row in ipairs(theirs) do
        if row.disasm then
          n = n + 1
          assert.equal(comparable(row.disasm), comparable(code.insns[n].text), "program " .. id)
          compared = compared + 1
        end
      end
      assert.equal(n, #code.insns)
    end
    local programs, instructions = whole and 36 or 24, whole and 700 or 500
    assert.is_true(#ids >= programs * #CPUS and compared > instructions * #CPUS,
      ("%d instructions of %d programs compared"):format(compared, #ids))
  end)

  it("gives the same source lines", function()
    for _, id in ipairs(newest) do
      local code = assert(bpf.xlated(id))
      local seen, n = {}, 0
      for _, row in ipairs(bpftool(id)) do
        if row.disasm then
          n = n + 1
          local line = code.insns[n].line and code.lines[code.insns[n].line]
          if row.src then
            assert.equal(row.src, line.text:match("^%s*(.*)$"))
            if row.line_num then assert.equal(row.line_num // 1, line.line) end
            if row.line_col then assert.equal(row.line_col // 1, line.column) end
            seen[#seen + 1] = line
          end
        end
      end
      assert.is_true(#seen > 0)
    end
  end)

  it("names maps, variables down to the field, helpers and functions", function()
    local found = {}
    for _, id in ipairs(ids) do
      local code = assert(bpf.xlated(id))
      for _, insn in ipairs(code.insns) do
        if insn.var then found[insn.var] = true end
        if insn.call then found[insn.call] = true end
        if insn.map_id then found[bpf.map_info(insn.map_id).name] = true end
      end
      for _, func in ipairs(code.functions) do found[func.name] = true end
    end
    for _, name in ipairs({ "state.inner[0].values[2]", "state.flag",
      "total_bytes", "totals", "signed_total", "code_slots", "note",
      "log2_of", "code_xdp_parse", "bpf_ktime_get_ns", "each_slot",
      whole and "bpf_rcu_read_lock" or nil }) do
      assert.is_true(found[name], name .. " is not named")
    end
  end)

  it("marks where a jump goes", function()
    for _, id in ipairs(ids) do
      local code = assert(bpf.xlated(id))
      local at = {}
      for _, insn in ipairs(code.insns) do at[insn.index] = insn end
      for _, insn in ipairs(code.insns) do
        local offset = insn.text:match("goto pc([+-]%d+)$")
        if offset then
          assert.equal(insn.index + 1 + tonumber(offset), insn.target)
          assert.is_table(at[insn.target])
        end
      end
    end
  end)

  it("says which program is not there", function()
    local code, err, errno = bpf.xlated(4294967295)
    assert.is_nil(code)
    assert.equal("no program has the id 4294967295", err)
    assert.equal(2, errno)
    assert.error_matches(function() bpf.xlated("x") end, "number expected")
    assert.error_matches(function() bpf.xlated(-1) end, "not a program's id")
  end)
end)

describe("bpf.cfg", function()
  -- Blocks (first instructions) and edges by function, from bpftool's DOT.
  local function from_dot(text)
    local functions = {}
    for body in text:gmatch('subgraph "cluster_%d+" (%b{})') do
      local first, blocks, edges = {}, {}, {}
      local node_pattern = '(fn_%d+_bb_%d+) %[shape=record,style=filled,label="{(.-)}"%]'
      local edge_pattern = '(fn_%d+_bb_%d+):s %-> (fn_%d+_bb_%d+):n %[style="([^"]*)"'
      for node, label in body:gmatch(node_pattern) do
        first[node] = math.tointeger(label:match("(%d+): %(%x%x%)"))
        blocks[first[node]] = true
      end
      for from, to, style in body:gmatch(edge_pattern) do
        if style ~= "invis" and first[from] then
          edges[("%d>%s"):format(first[from], first[to] or "exit")] = true
        end
      end
      functions[#functions + 1] = { blocks = blocks, edges = edges }
    end
    return functions
  end

  -- The same from Lunette; bpftool counts instructions from the function's start.
  local function ours(func)
    local blocks, edges = {}, {}
    local function first(i) return func.blocks[i].first - func.start end
    for i in ipairs(func.blocks) do blocks[first(i)] = true end
    for _, edge in ipairs(func.edges) do
      edges[("%d>%s"):format(first(edge.from), edge.to and first(edge.to) or "exit")] = true
    end
    return { blocks = blocks, edges = edges }
  end

  local function has_callback(id)
    for _, insn in ipairs(bpf.xlated(id).insns) do
      if insn.text:find("subprog[", 1, true) then return true end
    end
    return false
  end

  it("has the blocks and edges of bpftool's graph", function()
    local compared = 0
    for _, id in ipairs(newest) do
      local theirs = from_dot(look(id, "visual"))
      local cfg = assert(bpf.cfg(id))
      -- bpftool 7.1 takes a callback, which no instruction calls, for a part of its caller.
      if not has_callback(id) then
        compared = compared + 1
        assert.equal(#theirs, #cfg)
        for i, func in ipairs(cfg) do assert.same(theirs[i], ours(func), "program " .. id) end
      end
    end
    assert.is_true(compared > 20)
  end)

  it("is written as DOT that names every block and edge", function()
    local id = ids[1]
    local text = dot.graph(assert(bpf.cfg(id)), assert(bpf.xlated(id)))
    local back = 0
    for _ in text:gmatch("%->") do back = back + 1 end
    local edges = 0
    for _, func in ipairs(bpf.cfg(id)) do edges = edges + #func.edges end
    assert.equal(edges, back)
    assert.matches('^digraph "program" {', text)
  end)
end)

describe("bpf.jited", function()
  it("covers the native code of every function without a gap", function()
    if bpf.prog_info(ids[1]).jited_len == 0 then
      pending("the kernel does not compile programs to native code here")
      return
    end
    local lines, symbols = 0, {}
    for _, id in ipairs(ids) do
      local code = assert(bpf.jited(id))
      local xlated = assert(bpf.xlated(id))
      assert.equal(#xlated.functions, #code.functions)
      for _, func in ipairs(code.functions) do
        local at = 0
        for _, insn in ipairs(func.insns) do
          assert.equal(at, insn.offset)
          at = at + #insn.bytes // 2
          if insn.line then lines = lines + 1 end
          if insn.symbol then symbols[insn.symbol] = true end
        end
        assert.equal(func.size, at)
      end
    end
    assert.is_true(lines > 500)
    assert.is_true(symbols.bpf_ktime_get_ns or symbols.bpf_map_update_elem or false)
  end)

  it("writes either syntax", function()
    local att = assert(bpf.jited(ids[1])).functions[1].insns[1].text
    local intel = assert(bpf.jited(ids[1], "intel")).functions[1].insns[1].text
    assert.is_string(att)
    assert.is_string(intel)
    assert.error_matches(function() bpf.jited(ids[1], "odd") end, "invalid option")
  end)

  it("says what is missing where the kernel hides it", function()
    local said = fixture.output(("setpriv --bounding-set=-syslog --inh-caps=-syslog "
      .. "%s prog dump jited %d 2>&1"):format(fixture.binary(), ids[1]))
    if said:find("setpriv", 1, true) or said:find("0x", 1, true) then return end -- all may see it
    assert.equal(("lunette: program %d: the kernel hides its machine code: CAP_SYSLOG is missing, "
      .. "or kernel.kptr_restrict is 2\n"):format(ids[1]), said)
  end)
end)
