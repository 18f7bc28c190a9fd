-- ebpf_exporter's decoders, each by its name, on a map's real bytes, as the label of a rule.

local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")

local d, metrics = lunette.decode, lunette.metrics

-- The address and the name of a kernel function, from /proc/kallsyms.
local function some_symbol(name)
  for line in io.lines("/proc/kallsyms") do
    local address, found = line:match("^(%x+) [tT] (%S+)$")
    if found == name then return math.tointeger(tonumber(address, 16)), found end
  end
end

-- The inode of a control group, and a part of its path.
local function some_cgroup()
  for line in io.lines("/proc/mounts") do
    local path = line:match("^%S+ (%S+) cgroup2 ")
    if path then return math.tointeger(tonumber(fixture.output("stat -c %i " .. path))) end
  end
end

describe("ebpf_exporter's decoder", function()
  local object, map

  before_each(function()
    support.clear()
    object = support.object()
    map = object:map("mx_shared")
  end)
  after_each(function()
    map:close()
    object:close()
  end)

  -- The label that a rule gives a key beginning with these bytes; nil when it has no series.
  local function label(bytes, node, ...)
    assert(map:update(bytes .. ("\0"):rep(20 - #bytes), ("<I8"):pack(1)))
    local rest = 20 - node.size
    local members = { node:as("it"), rest > 0 and d.skip(rest) or nil }
    metrics.map { name = "decoded_some", match = { id = map:info().id }, value = "value",
      decode = { key = d.packed(members), value = d.u64() }, labels = { it = { "key.it", ... } } }
    local found = support.text():match('decoded_some{it="(.-)"} 1')
    return found and found:gsub("\\n", "\n")
  end

  local cases = {
    dname = { "\3www\7example\0", d.bytes(20), "www.example" },
    errno = { ("<i4"):pack(2), d.i32(), "ENOENT" },
    hex = { ("<I4"):pack(0xbeef), d.u32(), "beef" },
    ["hex (of bytes)"] = { "\1\2\xab\xcd", d.bytes(4), "0102abcd", "hex" },
    ifname = { ("<I4"):pack(1), d.u32(), "lo" },
    inet_ip = { "\10\1\2\3", d.bytes(4), "10.1.2.3" },
    ["inet_ip (of 16 bytes)"] = { ("\0"):rep(15) .. "\1", d.bytes(16), "::1", "inet_ip" },
    majorminor = { ("<I4"):pack(8 << 20 | 1), d.u32(), "8:1" },
    pci_vendor = { ("<I4"):pack(0xfff1), d.u32(), "unknown pci id: 0xfff1" },
    pci_device = { ("<I4"):pack(0xfff1fff2), d.u32(), "unknown pci id: 0xfff1fff2" },
    pci_class = { ("<I4"):pack(0xee), d.u32(), "unknown pci id: 0xee" },
    pci_subclass = { ("<I4"):pack(0xee01), d.u32(), "unknown pci id: 0xee01" },
    regexp = { "kworker/0:1", d.cstring(16), "kworker", { "regexp", "^(kworker)/" } },
    static_map = { "\2", d.u8(), "write", { "static_map", { [1] = "read", [2] = "write" } } },
    string = { "cat\0dog", d.bytes(8), "cat" },
    syscall = { ("<I4"):pack(257), d.u32(), "openat" },
    uint = { ("<I8"):pack(-1), d.bytes(8), "18446744073709551615" },
  }
  for name, case in pairs(cases) do
    it(name .. " reads a map's bytes", function()
      local found = label(case[1], case[2], case[4] or name)
      assert.is_truthy(found and found:find(case[3], 1, true), tostring(found))
    end)
  end

  it("ksym and kstack name kernel functions", function()
    local address = some_symbol("schedule")
    if not address or address == 0 then return pending("kernel addresses are hidden") end
    assert.is_truthy(label(("<i8"):pack(address), d.u64(), "ksym"):find("^schedule"))
    support.clear()
    assert(map:delete(("<i8"):pack(address) .. ("\0"):rep(12)))
    local stack = label(("<i8i8"):pack(address, address), d.bytes(16), "kstack")
    assert.is_truthy(stack:find("^schedule[^\n]*\nschedule"), stack)
  end)

  it("cgroup gives the path of a control group", function()
    local inode = some_cgroup()
    if not inode then return pending("control groups (version 2) are not mounted") end
    local path = label(("<I8"):pack(inode), d.u64(), "cgroup")
    assert.is_truthy(path and path:find("^/"), path)
  end)

  it("names are all tried here", function()
    local tried = { kstack = true, ksym = true, cgroup = true }
    for name in pairs(cases) do tried[name] = true end
    for _, name in ipairs(metrics.decoders()) do
      assert.is_true(tried[name] or name == "comm", name)
    end
  end)
end)
