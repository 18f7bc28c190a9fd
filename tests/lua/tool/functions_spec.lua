-- funccount and funclatency on functions of files and on tracepoints; those of the kernel are in
-- tests/lua/kernels. And what they rest on: the functions of a file, and where they return.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local support = require("tests.lua.support.tool")
local tools = require("lunette").tools

local SOURCE = [[
#include <unistd.h>
__attribute__((noinline)) int lunette_a(int n) { usleep(2000); return n + 1; }
__attribute__((noinline)) int lunette_b(int n) { if (n % 2) return 1; return n * 2; }
int main(void) { int n = 0; for (int i = 0; i < 7; i++) n += lunette_a(i);
  for (int i = 0; i < 3; i++) n += lunette_b(i); return n == 0; }
]]

describe("functions of a file", function()
  local path

  setup(function()
    path = os.tmpname()
    local f = assert(io.open(path .. ".c", "w"))
    f:write(SOURCE)
    f:close()
    fixture.run("cc -O1 -g -o %s %s.c", path, path)
  end)

  teardown(function()
    os.remove(path)
    os.remove(path .. ".c")
  end)

  it("are listed by a pattern, as nm lists them", function()
    local list = assert(bpf.elf_functions(path, "lunette_?"))
    local sizes = {}
    for _, one in ipairs(list) do sizes[one.name] = one.size end
    local text = fixture.output(("nm -S %s"):format(path))
    for name, size in pairs(sizes) do
      assert.equal(tonumber(text:match("%x+ (%x+) T " .. name), 16), size)
    end
    assert.equal(2, #list)
    local name = bpf.elf_symbol(path, list[1].offset)
    assert.equal(list[1].name, name)
  end)

  it("return where objdump shows it", function()
    for _, one in ipairs(assert(bpf.elf_functions(path, "lunette_*"))) do
      local text = fixture.output(("objdump -d --disassemble=%s %s"):format(one.name, path))
      local _, count = text:gsub("%sret", "")
      local offsets = assert(bpf.elf_returns(path, one.offset, one.size))
      assert.equal(count, #offsets)
      for _, offset in ipairs(offsets) do
        assert.is_true(offset >= one.offset and offset < one.offset + one.size)
      end
    end
  end)

  it("are refused where there are none, by name", function()
    local none, err = bpf.elf_functions("/nonexistent")
    assert.is_nil(none)
    assert.matches("/nonexistent: No such file", err)
    none, err = bpf.elf_functions("/etc/passwd")
    assert.is_nil(none)
    assert.matches("/etc/passwd: ", err)
    none, err = bpf.elf_returns(path, 1 << 40, 16)
    assert.is_nil(none)
    assert.matches(path, err, 1, true)
  end)

  it("are counted", function()
    local counts = {}
    local values = { pattern = path .. ":lunette_*" }
    for _, row in ipairs(support.entries_of("funccount", values, path)) do
      counts[row.name] = row.count
    end
    assert.same({ lunette_a = 7, lunette_b = 3 }, counts)
  end)

  it("are timed, each by itself", function()
    local found = {}
    for _, one in ipairs(support.histograms_of("funclatency",
      { pattern = path .. ":lunette_*", microseconds = true, ["function"] = true }, path)) do
      found[one.label] = one
    end
    assert.equal(7, found.lunette_a.total)
    assert.equal(3, found.lunette_b.total)
    assert.equal("us", found.lunette_a.unit)
    for _, bucket in ipairs(found.lunette_a.buckets) do
      if bucket.high <= 1024 then assert.equal(0, bucket.count) end -- each waits 2 ms
    end
  end)

  it("refuse patterns that mean nothing", function()
    if not fixture.since(5, 15) then pending("cookies of probes: Linux 5.15") end
    for pattern, text in pairs {
      [path .. ":nosuch*"] = "no function matches",
      ["nosuchlib:x"] = "there is no library 'nosuchlib'",
      ["t:nosuch:*"] = "no function matches",
    } do
      local none, err = tools.open(tools.find("funccount"), { pattern = pattern })
      assert.is_nil(none)
      assert.truthy(err:find(text, 1, true), err)
    end
    local none, err = tools.open(tools.find("funclatency"), { pattern = "t:sched:sched_switch" })
    assert.is_nil(none)
    assert.matches("a tracepoint takes no time", err)
    none, err = tools.open(tools.find("funccount"), {})
    assert.is_nil(none)
    assert.equal("pattern: a value is needed", err)
  end)
end)

describe("tracepoints", function()
  it("are counted by a pattern", function()
    local rows = support.entries_of("funccount", { pattern = "t:syscalls:sys_enter_getp*id" },
      "python3 -c 'import os\nfor i in range(1000): os.getppid()'")
    local counts = {}
    for _, row in ipairs(rows) do counts[row.name] = row.count end
    assert.is_true(counts["syscalls:sys_enter_getppid"] >= 1000)
  end)
end)

describe("places of probes", function()
  it("are refused by name where something is missing", function()
    local object <close> = assert(bpf.load(fixture.object("place")))
    for text, place in pairs {
      ["needs one of interface"] = {},
      ["uprobe needs a func or an offset"] = { uprobe = "/bin/true" },
      ["provider must be a text"] = { usdt = "/bin/true", name = "x" },
      ["name must be a text"] = { usdt = "/bin/true", provider = "x" },
      ['a tracepoint is "category:name"'] = { tracepoint = "sched_switch" },
      ["kprobes is a list of functions"] = { kprobes = {} },
      ["cookies is a list of as many integers"] = { kprobes = { "a", "b" }, cookies = { 1 } },
      ["offset, cookie and pid are integers"] = { uprobe = "/bin/true", func = "x", pid = "y" },
    } do
      local ok, err = pcall(object.attach, object, "at_function", place)
      assert.is_false(ok)
      assert.truthy(err:find(text, 1, true), err)
    end
    local ok, err = pcall(object.attach, object, nil, { uprobe = "/bin/true", offset = 1 })
    assert.is_false(ok)
    assert.matches("a program is needed", err)
    local none, why = object:attach("at_function", { uprobe = "/nonexistent", offset = 64 })
    assert.is_nil(none)
    assert.matches("/nonexistent", why)
  end)

  it("are tracepoints and raw tracepoints, too", function()
    local object <close> = assert(bpf.load(fixture.object("place")))
    assert.equal(1, object:attach("at_tracepoint", { tracepoint = "syscalls:sys_enter_getppid" }))
    assert.equal(1, object:attach("at_raw_tracepoint", { raw_tracepoint = "sys_exit" }))
    fixture.run("python3 -c 'import os; os.getppid()'")
    assert.is_true(object:get("tracepoints") >= 1)
    assert.is_true(object:get("raw_tracepoints") >= 1)
  end)
end)
