-- Each built-in tool under a load with a known number of events, made by processes with known
-- names; and leftovers of tools.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local tools = require("lunette").tools
local support = require("tests.lua.support.tool")

local rows_of, entries_of, own_program = support.rows_of, support.entries_of, support.own_program

describe("execsnoop", function()
  it("shows each program that runs, with its arguments", function()
    local program <close> = own_program("/bin/true", "exec")
    local rows = rows_of("execsnoop", {},
      ("for i in 1 2 3 4 5; do %s $i 'two words' ''; done"):format(program.path),
      function(row) return row.args:find(program.path, 1, true) == 1 end)
    assert.equal(5, #rows)
    for i, row in ipairs(rows) do
      assert.equal(program.comm, row.comm)
      assert.equal(0, row.ret)
      assert.equal(("%s %d two words "):format(program.path, i), row.args)
    end
  end)

  it("shows failed attempts where asked, and quotes", function()
    local function failed(values)
      return rows_of("execsnoop", values, "/usr/bin/env /nonexistent/lunette 'a \"b\"' || true",
        function(row) return row.args:find("/nonexistent/lunette", 1, true) and row.ret < 0 end)
    end
    assert.equal(0, #failed {})
    local rows = failed { failed = true, quote = true }
    assert.equal(1, #rows)
    assert.equal(-2, rows[1].ret)
    assert.equal('"/nonexistent/lunette" "a \\"b\\""', rows[1].args)
  end)

  it("ends the arguments after so many", function()
    local rows = rows_of("execsnoop", { max_args = 2 }, "/bin/true lunette-a lunette-b lunette-c",
      function(row) return row.args:find("lunette-a", 1, true) ~= nil end)
    assert.equal("/bin/true lunette-a ...", rows[1].args)
  end)
end)

describe("opensnoop", function()
  it("shows each file that is opened, and what came of it", function()
    local script = "for i in 1 2 3; do read x < /etc/hostname; done; "
      .. "read x < /nonexistent/lunette-open; true"
    local program <close> = own_program("/bin/sh", "open")
    local rows = rows_of("opensnoop", {}, ("%s -c '%s' || true"):format(program.path, script),
      function(row) return row.comm == program.comm and not row.path:find("^/%w*lib") end)
    local counts, err = {}, nil
    for _, row in ipairs(rows) do
      counts[row.path] = (counts[row.path] or 0) + 1
      if row.path == "/nonexistent/lunette-open" then err = row end
    end
    assert.equal(3, counts["/etc/hostname"])
    assert.equal(1, counts["/nonexistent/lunette-open"])
    assert.same({ -1, 2 }, { err.fd, err.err })
  end)

  it("chooses by process and by failure, in the kernel", function()
    local rows = rows_of("opensnoop", { failed = true },
      "cat /etc/hostname /nonexistent/lunette-open 2>/dev/null || true",
      function(row) return row.comm == "cat" end)
    for _, row in ipairs(rows) do assert.is_true(row.ret == nil and row.err > 0) end
    assert.same({}, rows_of("opensnoop", { pid = 0x3fffffff }, "cat /etc/hostname >/dev/null",
      function() return true end))
  end)
end)

describe("syscount", function()
  local LOAD = "exec /usr/bin/python3 -c 'import os\nfor i in range(1000): os.getppid()'"

  it("counts calls by name and by process, and the time in them", function()
    local by_call = entries_of("syscount", {}, LOAD)
    local getppid = fixture.find(by_call, { syscall = "getppid" })
    assert.is_true(getppid.count >= 1000 and getppid.count < 1100)
    local timed = fixture.find(entries_of("syscount", { process = true, latency = true }, LOAD),
      { comm = "python3" })
    assert.is_true(timed.count >= 1000)
    assert.is_true(timed.time > 0)
  end)

  it("counts failures by their number", function()
    local rows = entries_of("syscount", { errno = 2 }, "cat /nonexistent/a 2>/dev/null || true")
    assert.is_true(fixture.find(rows, { syscall = "openat" }).count >= 1)
    assert.is_nil(fixture.find(rows, { syscall = "getppid" }))
  end)
end)

describe("runqlat", function()
  it("counts waits for a CPU, of all and by process", function()
    local running <close> = assert(tools.open(tools.find("runqlat"), {}))
    fixture.run("for i in 1 2 3 4 5 6 7 8; do sleep 0.01; done")
    local list = running:histograms()
    assert.equal(1, #list)
    assert.equal("us", list[1].unit)
    assert.is_true(list[1].total >= 8)
    running:close()
    local by_process <close> = assert(tools.open(tools.find("runqlat"), { process = true }))
    fixture.run("sleep 0.01")
    local found
    for _, one in ipairs(by_process:histograms()) do
      found = found or one.label:find("^sleep %d+$") ~= nil
    end
    assert.is_true(found)
  end)
end)

describe("exitsnoop", function()
  it("shows each process that ends, and why", function()
    local program <close> = own_program("/bin/sh", "exit")
    local rows = rows_of("exitsnoop", {},
      ("sh() { %s \"$@\"; }; sh -c 'exit 0'; sh -c 'exit 3'; sh -c 'kill -9 $$'; true")
        :format(program.path),
      function(row) return row.comm == program.comm end)
    assert.equal(3, #rows)
    local codes = {}
    for i, row in ipairs(rows) do codes[i] = row.exit_code end
    assert.same({ "0", "code 3", "signal 9 (KILL)" }, codes)
    assert.equal(rows[1].pid, rows[1].tid)
    assert.is_true(rows[1].age >= 0)
  end)
end)

describe("killsnoop and sigsnoop", function()
  local LOAD = "exec /usr/bin/python3 -c 'import os, signal\n"
    .. "signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n"
    .. "for i in range(20): os.kill(os.getpid(), signal.SIGUSR1)\n"
    .. "try: os.kill(0x3fffff, 34)\nexcept OSError: pass'"

  it("show signals that are sent, and whether that failed", function()
    local sent = rows_of("killsnoop", {}, LOAD, function(row) return row.comm == "python3" end)
    assert.equal(21, #sent)
    assert.same({ 10, 0 }, { sent[1].signal, sent[1].result })
    assert.equal(sent[1].pid, sent[1].tpid)
    assert.same({ 34, -3, 0x3fffff }, { sent[21].signal, sent[21].result, sent[21].tpid })
    local failed = rows_of("killsnoop", { failed = true, signal = 34 }, LOAD,
      function() return true end)
    assert.equal(1, #failed)
    local all = rows_of("sigsnoop", { signal = 10, name = true }, LOAD,
      function(row) return row.comm == "python3" end)
    assert.equal(20, #all)
    assert.equal("SIGUSR1", all[1].signal)
  end)
end)

describe("statsnoop", function()
  it("shows calls that ask of a path", function()
    local rows = rows_of("statsnoop", {}, "test -e /nonexistent/lunette-stat; "
      .. "stat /etc/hostname >/dev/null; stat -f / >/dev/null",
      function(row) return row.path:find("^/nonexistent") or row.comm == "stat" end)
    local results = {}
    for _, row in ipairs(rows) do results[row.path] = row.ret end
    assert.equal(-2, results["/nonexistent/lunette-stat"])
    assert.equal(0, results["/etc/hostname"])
    assert.equal(0, results["/"])
  end)
end)

describe("cpudist", function()
  it("counts time on the CPUs, and off them", function()
    local on <close> = assert(tools.open(tools.find("cpudist"), {}))
    local off <close> = assert(tools.open(tools.find("cpudist"),
      { offcpu = true, process = true, milliseconds = true }))
    fixture.run("sleep 0.1; sleep 0.1")
    assert.is_true(on:histograms()[1].total >= 2)
    local found
    for _, one in ipairs(off:histograms()) do
      if one.label:find("^sleep ") and #one.buckets >= 7 then found = one end -- [64, 128) and more
    end
    assert.equal("ms", found.unit)
  end)
end)

describe("biosnoop and biolatency", function()
  local LOAD = "dd if=/dev/zero of=%s bs=4096 count=4 conv=fsync 2>/dev/null"

  it("show requests of disks", function()
    local path = os.getenv("HOME") .. "/.lunette-test-bio"
    if not fixture.since(5, 15) then pending("biolatency: Linux 5.15") end
    local latency <close> = assert(tools.open(tools.find("biolatency"), { disks = true }))
    local rows = rows_of("biosnoop", { queue = true }, LOAD:format(path),
      function(row) return row.comm == "dd" end)
    os.remove(path)
    if #rows == 0 then pending("no write of this machine goes to a disk that the kernel sees") end
    local bytes = 0
    for _, row in ipairs(rows) do -- dd may read what the file system needs as well ("RM")
      if row.kind:find("W") then bytes = bytes + row.bytes end
      assert.truthy(row.disk:find("^%l+"), row.disk)
      assert.truthy(row.kind:find("^[RWFDN]"), row.kind)
      assert.is_true(row.latency_ms > 0)
    end
    assert.is_true(bytes >= 4 * 4096)
    assert.is_true(latency:histograms()[1].total >= #rows)
    local none, err = tools.open(tools.find("biosnoop"), { disk = "nosuchdisk" })
    assert.is_nil(none)
    assert.equal("disk: there is no 'nosuchdisk'", err)
  end)
end)

describe("the tools of TCP", function()
  local LOAD = "exec /usr/bin/python3 -c 'import socket\n"
    .. "server = socket.socket()\nserver.bind((\"127.0.0.1\", 0))\nserver.listen(7)\n"
    .. "for i in range(5):\n"
    .. "  client = socket.create_connection(server.getsockname())\n"
    .. "  peer = server.accept()[0]\n  client.close()\n  peer.close()'"

  local function of_python(row) return row.comm == "python3" end

  it("show who listens and who connects", function()
    local listens = rows_of("solisten", {}, LOAD, of_python)
    assert.equal(1, #listens)
    assert.same({ "TCPv4", 7, "127.0.0.1" },
      { listens[1].protocol, listens[1].backlog, listens[1].address })
    assert.is_true(listens[1].port > 0)
    local connects = rows_of("tcpconnect", { family = "4" }, LOAD, of_python)
    assert.equal(5, #connects)
    assert.same({ 4, "127.0.0.1", "127.0.0.1" },
      { connects[1].ip, connects[1].local_address, connects[1].remote_address })
    assert.same({}, rows_of("tcpconnect", { family = "6" }, LOAD, of_python))
  end)

  it("trace who connects, who accepts and who closes", function()
    local rows = rows_of("tcptracer", {}, LOAD, of_python)
    local kinds = {}
    for _, row in ipairs(rows) do
      kinds[row.kind] = (kinds[row.kind] or 0) + 1
      assert.same({ 4, "127.0.0.1" }, { row.ip, row.local_address })
      assert.is_true(row.local_port > 0 and row.remote_port > 0)
    end
    assert.same({ C = 5, A = 5, X = 10 }, kinds)
  end)

  it("show each change of a state", function()
    local changes = {}
    for _, row in ipairs(rows_of("tcpstates", {}, LOAD, function(row)
      return row.pid and row.here.local_v4 == "127.0.0.1"
    end)) do
      local change = row.old_state .. " " .. row.new_state
      changes[change] = (changes[change] or 0) + 1
    end
    assert.is_true(changes["CLOSE SYN_SENT"] >= 5)
    assert.is_true(changes["SYN_SENT ESTABLISHED"] >= 5)
    assert.is_true(changes["CLOSE LISTEN"] >= 1)
  end)
end)

describe("the tools of stacks", function()
  it("show where a program is, and where it waits", function()
    local function stacks_of(name, values, command)
      local found = {}
      for _, row in ipairs(entries_of(name, values, command)) do
        if row.stack:find("^python3;") then found[#found + 1] = row end
      end
      return found
    end
    local samples, has_frames = 0, false
    for _, row in ipairs(stacks_of("profile", { frequency = 199 }, "exec /usr/bin/python3 -c "
      .. "'import time\nwhile time.process_time() < 0.5: sum(range(1000))'")) do
      samples = samples + row.samples
      has_frames = has_frames or select(2, row.stack:gsub(";", "")) > 1
    end
    assert.is_true(samples > 0)
    assert.is_true(has_frames)
    local longest = 0
    for _, row in ipairs(stacks_of("offcputime", { kernel = true },
      "exec /usr/bin/python3 -c 'import time; time.sleep(0.2)'")) do
      if row.stack:find("nanosleep") then longest = math.max(longest, row.time) end
    end
    assert.is_true(longest >= 190000000)
  end)
end)

describe("examples/tools/writesnoop", function()
  it("carries records of 32 KB", function()
    local script = "-c 'import os; os.write(1, b\"lunette\" + b\"x\" * 31000 + b\"end\"); "
      .. "os.write(1, b\"y\" * 40000)'"
    local build = os.getenv("LUNETTE_BUILD") or "build"
    local object <close> = assert(bpf.load(build .. "/examples/tools/writesnoop.bpf.o"))
    local events <close> = assert(object:events("events", { partial = true }))
    assert(object:attach())
    fixture.run("/usr/bin/python3 %s >/dev/null", script)
    local rows = {}
    for _, row in ipairs(assert(events:read())) do
      if row.comm == "python3" and row.size > 30000 then rows[#rows + 1] = row end
    end
    assert.equal(2, #rows)
    assert.equal(0, events:lost())
    assert.equal("lunette" .. ("x"):rep(31000) .. "end", rows[1].data)
    assert.equal(40000, rows[2].size)
    assert.equal(("y"):rep(32000), rows[2].data)
  end)
end)

describe("a tool", function()
  it("leaves nothing in the kernel", function()
    for _, name in ipairs { "opensnoop", "runqlat", "profile", "tcpstates" } do
      local spec = tools.find(name)
      local running, err = tools.open(spec, {})
      if running then
        local progs, maps = running.object:progs(), running.object:maps()
        running:close()
        assert.is_true(fixture.eventually(function()
          for _, prog in ipairs(progs) do
            if bpf.prog_info(prog.id) then return false end
          end
          for _, map in ipairs(maps) do
            if bpf.map_info(map.id) then return false end
          end
          return true
        end), spec.name)
      else
        assert.truthy(err:find(spec.name .. ": the kernel can't do it: ", 1, true), err)
        assert.is_nil(err:find("\n"), err)
      end
    end
  end)

  it("refuses parameters by name", function()
    local spec = tools.find("opensnoop")
    for text, values in pairs {
      ["no parameter 'pdi' (did you mean 'pid'?)"] = { pdi = 1 },
      ["pid: '1.5' is not a whole number"] = { pid = 1.5 },
      ["pid: -1 is below 0"] = { pid = -1 },
      ["failed: true or false is needed"] = { failed = 1 },
    } do
      local none, err = tools.open(spec, values)
      assert.is_nil(none)
      assert.equal(text, err)
    end
    local none, err = tools.open(spec, { pid = 1 << 40 })
    assert.is_nil(none)
    assert.truthy(err:find("pid", 1, true), err)
    none, err = tools.find("opensnop")
    assert.is_nil(none)
    assert.equal("no tool 'opensnop' (did you mean 'opensnoop'?)", err)
  end)

  it("is refused when it is declared wrongly", function()
    local lunette = require("lunette")
    for text, spec in pairs {
      ["the name is of small letters"] = { name = "A b" },
      ["no 'colums' (did you mean 'columns'?)"] = { name = "x", colums = {} },
      ["needs events or a map"] = { name = "x", help = "", object = "", columns = {} },
      ["no type 'int'"] = { name = "x", help = "", object = "", columns = {}, events = "e",
        params = { { "pid", type = "int" } } },
      ["there are two parameters 'pid'"] = { name = "x", help = "", object = "", columns = {},
        events = "e", params = { { "pid" }, { "pid" } } },
      ["needs a field or a function"] = { name = "x", help = "", object = "", events = "e",
        columns = { { "PID" } } },
      ["it is declared already"] = { name = "execsnoop", help = "", object = "", events = "e",
        columns = {} },
    } do
      local ok, err = pcall(lunette.tool, spec)
      assert.is_false(ok)
      assert.truthy(err:find(text, 1, true), err)
    end
  end)
end)

describe("the cost of a tool", function()
  it("is the share of one CPU that its programs take", function()
    local running <close> = assert(tools.open(tools.find("syscount"), {}))
    local measured = running:cost()
    fixture.run("dd if=/dev/zero of=/dev/null bs=1 count=200000 2>/dev/null")
    local share = measured()
    assert.is_true(share > 0 and share < 8, share)
  end)
end)
