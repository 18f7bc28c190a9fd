-- The tools that need kprobes, on kernels that have them.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local support = require("tests.lua.support.tool")

-- Calls of a system call that nobody else makes so often: bytes of a file, read one at a time.
local READS = "dd if=/etc/passwd of=/dev/null bs=1 count=500 2>/dev/null"

local function needs(line)
  if not fixture.since(5, 15) then pending(line .. ": Linux 5.15") end
  local f <close> = io.open("/sys/kernel/tracing/available_filter_functions")
  if not f then pending(line .. ": this kernel traces no functions") end
end

describe("functions of the kernel", function()
  it("are counted by a pattern", function()
    needs("cookies of kprobes")
    local counts = {}
    for _, row in ipairs(support.entries_of("funccount", { pattern = "vfs_r*" }, READS)) do
      counts[row.name] = row.count
    end
    assert.is_true(counts.vfs_read >= 500 and counts.vfs_read < 50000, counts.vfs_read)
  end)

  it("are counted one by one where there is no kprobe.multi", function()
    needs("cookies of kprobes")
    local functions = require("lunette.tools.functions")
    local multi = functions.has_multi
    functions.has_multi = function() return false end
    local ok, rows = pcall(support.entries_of, "funccount", { pattern = "vfs_read" }, READS)
    functions.has_multi = multi
    assert(ok, rows)
    assert.equal("vfs_read", rows[1].name)
    assert.is_true(rows[1].count >= 500)
  end)

  it("are timed", function()
    needs("cookies of kprobes")
    local list = support.histograms_of("funclatency", { pattern = "vfs_read" }, READS)
    assert.is_true(list[1].total >= 500)
    assert.equal("ns", list[1].unit)
  end)
end)

describe("cachestat", function()
  it("counts what the page cache had", function()
    needs("kprobes")
    local rows = support.entries_of("cachestat", {},
      "cat /usr/bin/* >/dev/null 2>&1; cat /usr/bin/* >/dev/null 2>&1; true")
    assert.equal(1, #rows)
    assert.is_true(rows[1].accessed + rows[1].added > 0)
    assert.equal(rows[1].hits + rows[1].misses,
      math.max(0, rows[1].accessed - rows[1].buffers_dirtied))
  end)
end)

describe("oomkill", function()
  it("shows whom the kernel ends, and who asked for memory", function()
    if not bpf.ksym_address("oom_kill_process") then pending("there is no OOM killer") end
    local group = "/sys/fs/cgroup/lunette-test-oom"
    local made = fixture.try("test -f /sys/fs/cgroup/cgroup.controllers && "
      .. "echo +memory > /sys/fs/cgroup/cgroup.subtree_control && mkdir %s && "
      .. "echo 20M > %s/memory.max && (echo 0 > %s/memory.swap.max || true)", group, group, group)
    if not made then pending("no control groups that limit memory") end
    local command = ("sh -c 'echo $$ > %s/cgroup.procs; "
      .. "exec python3 -c \"x = bytearray(80 << 20)\"' || true"):format(group)
    local rows = support.rows_of("oomkill", {}, command,
      function(row) return row.victim_comm == "python3" end)
    fixture.run("rmdir %s", group)
    assert.equal(1, #rows)
    assert.equal("python3", rows[1].trigger_comm)
    assert.is_true(rows[1].pid > 0)
  end)
end)

describe("the objects of the tools", function()
  it("pass this kernel's verifier", function()
    local folder = (os.getenv("LUNETTE_BUILD") or "build") .. "/tools/"
    local pipe <close> = assert(io.popen("ls " .. folder .. "*.bpf.o"))
    local seen = 0
    for path in pipe:lines() do
      for _, row in ipairs(assert(bpf.verify(path))) do
        seen = seen + 1
        local wants = path:find("functions", 1, true) and not fixture.since(5, 15) -- cookies
        if not row.loaded and not wants then
          error(("%s: %s: %s"):format(path, row.name,
            require("lunette.code.verifier_log").folded(row.log)))
        end
      end
    end
    assert.is_true(seen > 60)
  end)
end)
