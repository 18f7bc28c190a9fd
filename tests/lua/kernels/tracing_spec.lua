-- Programs on functions, hooks and tracepoints of the kernel: in the attach view, by link, on their
-- own pages and in GraphQL, compared with bpftool. A kind that the running kernel refuses is
-- skipped.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local kinds = require("tests.lua.kernels.support.kinds")
local support = require("tests.lua.schema.support")

local CASES = {
  { "k_kprobe", "perf_event", "kprobe", "bpf_fentry_test1" },
  { "k_inside", "perf_event", "kprobe", "bpf_fentry_test1+0x4" },
  { "k_kretprobe", "perf_event", "kretprobe", "bpf_fentry_test2" },
  { "k_multi", "kprobe_multi", "kprobe_multi",
    "bpf_fentry_test1, bpf_fentry_test2, bpf_fentry_test3, %d+ more" },
  { "k_retmulti", "kprobe_multi", "kretprobe_multi",
    "bpf_fentry_test1, bpf_fentry_test2, bpf_fentry_test3, %d+ more" },
  { "k_tracepoint", "perf_event", "tracepoint", "syscalls:sys_enter_getpgid" },
  { "k_raw_tp", "raw_tracepoint", "raw_tracepoint", "sched_process_exit" },
  { "k_fentry", "tracing", "fentry", "bpf_fentry_test1" },
  { "k_fexit", "tracing", "fexit", "bpf_fentry_test1" },
  { "k_fmod_ret", "tracing", "fmod_ret", "bpf_modify_return_test" },
  { "k_tp_btf", { "raw_tracepoint", "tracing" }, "tp_btf", "sched_process_fork" },
  { "k_lsm_void", "tracing", "lsm", "task_free" },
  { "k_lsm", "tracing", "lsm", "inode_rmdir" },
  { "k_lsm_sleepable", "tracing", "lsm", "bprm_committed_creds" },
  { "k_iter_task", "iter", "iter", "task" },
  { "k_iter_sleepable", "iter", "iter", "task" },
  { "k_module_tp_btf", { "raw_tracepoint", "tracing" }, "tp_btf", "jbd2_checkpoint" },
  { "k_module_fentry", "tracing", "fentry", "jbd2_journal_start" },
}

local UNTOLD = "a function; this kernel does not tell which" -- before Linux 5.13

local PATH = fixture.object("kernels/tracing")
local rows, links

setup(function()
  os.execute("modprobe jbd2 2>/dev/null")
  for _, case in ipairs(CASES) do kinds.attach(PATH, case[1]) end
  rows, links = assert(attach.list()), assert(bpf.links())
end)

teardown(kinds.close)

-- Before Linux 5.15 perf events have no links: the row comes from the event's descriptor.
local function check_event(row, kind, target)
  assert.same({ kind, "fd", target }, { row.kind, row.how, row.target })
  assert.equal(fixture.pid(), row.holders[1].pid)
end

-- Checks one program in all of these.
local function check(case)
  local name, link_type, kind, target = table.unpack(case)
  local prog = kinds.prog(name)
  if not prog then return pending(kinds.reason(name)) end
  if link_type == "tracing" and not fixture.since(5, 13) then target = UNTOLD end
  local mine = {}
  for _, row in ipairs(rows) do
    if row.prog_id == prog then mine[#mine + 1] = row end
  end
  assert.equal(1, #mine, "rows")
  local row = mine[1]
  if link_type == "perf_event" and not fixture.since(5, 15) then
    return check_event(row, kind, target)
  end
  local link = assert(fixture.find(links, { prog_id = prog }))
  assert.same({ kind, "link", link.id }, { row.kind, row.how, row.link_id })
  assert.matches("^" .. target:gsub("%+0x", "%%+0x") .. "$", row.target)
  assert.equal(fixture.pid(), row.holders[1].pid)
  local types = type(link_type) == "table" and table.concat(link_type, " ") or link_type
  assert.truthy((" %s "):format(types):find((" %s "):format(link.type), 1, true), link.type)
  local query = ("{ link(id: %d) { target } program(id: %d) { links { id target } "
    .. "attachments { kind target how } owners { pid } } }"):format(link.id, prog)
  local told = support.ask(query)
  assert.equal(row.target, told.link.target)
  assert.same({ { id = link.id, target = row.target } }, told.program.links)
  assert.same({ { kind = kind, target = row.target, how = "link" } }, told.program.attachments)
  assert.equal(fixture.pid(), told.program.owners[1].pid)
end

describe("a program is told alike everywhere:", function()
  for _, case in ipairs(CASES) do
    it(("%s on %s"):format(case[1], case[4]), function() check(case) end)
  end
end)

describe("the command line", function()
  it("lists every link of them once, as bpftool does", function()
    local mine = fixture.json(fixture.binary() .. " link list -j")
    local ours = 0
    for _, theirs in ipairs(fixture.json("bpftool -j link list")) do
      if kinds.is_ours(theirs.prog_id) then
        local link = assert(fixture.find(mine, { id = theirs.id }), theirs.id)
        assert.equal(theirs.prog_id, link.programId)
        assert.not_equal("", link.target)
        if theirs.func then assert.equal(theirs.func, link.target:match("^[%w_]+")) end
        ours = ours + 1
      end
    end
    if fixture.since(5, 15) then assert.equal(kinds.count(), ours) else assert.truthy(ours > 5) end
  end)

  it("shows the page of a kprobe with its place, and nothing twice", function()
    local prog = kinds.prog("k_kprobe")
    if not prog then return pending(kinds.reason("k_kprobe")) end
    if not fixture.since(5, 15) then return pending("perf events have no links (Linux 5.15)") end
    local page = fixture.output(("%s prog show %d"):format(fixture.binary(), prog))
    assert.matches("\n  attached +kprobe bpf_fentry_test1, by link\n", page)
    assert.matches("\n  links +%d+ perf_event on bpf_fentry_test1\n", page)
  end)
end)
