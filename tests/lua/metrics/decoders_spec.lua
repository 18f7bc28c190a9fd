-- ebpf_exporter's decoders, by their names.

local decoders = require("lunette.metrics.decoders")
local pci = require("lunette.metrics.pci")
local core = require("lunette.core.metrics")
local units = require("lunette.metrics.units")

local function run(spec, text, kind)
  local decode, err = decoders.make(spec)
  assert.is_nil(err)
  return decode(text, kind)
end

describe("the decoder", function()
  it("names are all of ebpf_exporter's", function()
    for name in ([[cgroup dname errno hex ifname inet_ip kstack ksym majorminor pci_vendor
      pci_device pci_class pci_subclass regexp static_map string syscall uint]]):gmatch("%S+") do
      local argument = name == "regexp" and "." or name == "static_map" and {} or nil
      assert.is_function((decoders.make(argument and { name, argument } or name)), name)
    end
  end)

  it("dname reads DNS names", function()
    assert.are.equal("www.example.com", run("dname",
      "03777777076578616d706c6503636f6d00000000", "bytes"))
    assert.are.equal(".", run("dname", "00", "bytes"))
    assert.are.equal("ff6162", run("dname", "ff6162", "bytes")) -- a label beyond the end
  end)

  it("errno, syscall, ifname, majorminor, ksym read numbers", function()
    assert.is_truthy(run("errno", "2"):find("ENOENT"))
    assert.are.equal("openat", run("syscall", "257"))
    assert.are.equal("lo", run("ifname", "1"))
    assert.is_string(run("ksym", "0"))
  end)

  it("hex, uint and string turn bytes into text", function()
    assert.are.equal("ff", run("hex", "255"))
    assert.are.equal("255a", run("hex", "255a", "bytes"))
    assert.are.equal("513", run("uint", "0102", "bytes"))
    assert.are.equal("18446744073709551615", run("uint", "ffffffffffffffff", "hex"))
    assert.are.equal("cat", run("string", "6361740000", "bytes"))
  end)

  it("inet_ip reads both families", function()
    assert.are.equal("127.0.0.1", run("inet_ip", "7f000001", "bytes"))
    assert.are.equal("::1", run("inet_ip", ("0"):rep(31) .. "1", "bytes"))
    assert.are.equal("127.0.0.1", run("inet_ip", "16777343"))
  end)

  it("regexp keeps what matches, or its group", function()
    assert.are.equal("kworker", run({ "regexp", { "^(kworker)/", "^bash$" } }, "kworker/0:1"))
    assert.are.equal("bash", run({ "regexp", { "^(kworker)/", "^bash$" } }, "bash"))
    assert.is_nil(run({ "regexp", "^bash$" }, "zsh"))
  end)

  it("static_map names what it knows", function()
    local spec = { "static_map", { [1] = "read", ["2"] = "write" } }
    assert.are.equal("read", run(spec, "1"))
    assert.are.equal("write", run(spec, "2"))
    assert.are.equal("unknown:3", run(spec, "3"))
    assert.are.equal("?", run({ "static_map", { unknown = "?" } }, "3"))
    assert.are.equal("3", run({ "static_map", { allow_unknown = true } }, "3"))
    assert.are.equal("read", run(spec, "01000000", "bytes"))
    for _, key in ipairs { 0xffffffffffffffff, "18446744073709551615" } do
      assert.are.equal("all", run({ "static_map", { [key] = "all" } }, "18446744073709551615"))
    end
    local made, err = decoders.make { "static_map", { [18446744073709551615] = "all" } }
    assert.is_nil(made)
    assert.matches("is no whole number of 64 bits; write", err)
  end)

  it("majorminor names a device, whichever way its numbers lie", function()
    -- 511:300 is nobody's: of a kernel's MKDEV, and as stat() and ebpf_exporter's programs have it
    assert.are.equal("511:300", run("majorminor", tostring(511 << 20 | 300)))
    assert.are.equal("136:16", run("majorminor", "10880000", "bytes"))
    local listing <close> = assert(io.popen("ls /sys/dev/block"))
    local numbers = listing:read("l")
    if not numbers then return pending("no block device") end
    local file <close> = assert(io.open("/sys/dev/block/" .. numbers .. "/uevent"))
    local name = file:read("a"):match("DEVNAME=(%S+)")
    local major, minor = numbers:match("^(%d+):(%d+)$")
    major, minor = math.tointeger(major), math.tointeger(minor)
    local stat = minor & 0xff | major << 8 | (minor & ~0xff) << 12
    assert.are.equal(name, run("majorminor", tostring(major << 20 | minor)))
    assert.are.equal(name, run("majorminor", tostring(stat)))
  end)

  it("pci names, or the id", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write("# pci.ids\n8086  Intel Corporation\n\t1000  82542 Controller\n",
      "\t\t0e11 b0df  A subsystem\n1af4  Red Hat\nC 02  Network controller\n",
      "\t00  Ethernet controller\n\t\t01  An interface\n")
    file:close()
    local files = pci.files
    finally(function()
      pci.files = files
      os.remove(path)
    end)
    pci.files = { "/nowhere/pci.ids", path }
    assert.are.equal("Intel Corporation", run("pci_vendor", tostring(0x8086)))
    assert.are.equal("82542 Controller", run("pci_device", tostring(0x80861000)))
    assert.are.equal("unknown pci id: 0x1af41000", run("pci_device", tostring(0x1af41000)))
    assert.are.equal("Network controller", run("pci_class", "2"))
    assert.are.equal("Network controller", run("pci_class", tostring(0x0200)))
    assert.are.equal("Ethernet controller", run("pci_subclass", tostring(0x0200)))
    assert.are.equal("unknown pci id: 0x0201", run("pci_subclass", tostring(0x0201)))
    assert.are.equal("eth0", run("pci_vendor", "eth0"))
  end)

  it("kstack puts a frame on a line", function()
    assert.are.equal("a\nb", run("kstack", "a;b"))
  end)

  it("may be a function, and is refused when there is none of its name", function()
    assert.are.equal("x!", run(function(text) return text .. "!" end, "x"))
    local made, err = decoders.make("nosuch")
    assert.is_nil(made)
    assert.is_truthy(err:find("no decoder 'nosuch'", 1, true))
    made, err = decoders.make { "static_map" }
    assert.is_nil(made)
    assert.is_truthy(err:find("needs a table", 1, true))
  end)
end)

describe("regular expressions", function()
  local function match(pattern, text) return assert(core.regex(pattern)):match(text) end

  it("are as in Go where both mean the same", function()
    assert.are.equal("42", match("\\d+", "a42b"))
    assert.are.equal("a_1", match("[\\w]+", "-a_1-"))
    assert.are.equal("HI", match("(?i)hi", "HI"))
    assert.are.equal("ab", match("(?:ab)", "xab"))
    assert.are.equal("]", match("[\\]]", "]"))
    assert.are.equal("-", match("[a\\-]", "-"))
    assert.are.equal(".", match("\\.", "a."))
    assert.is_nil(match("^b", "ab"))
    assert.are.equal("x", (select(2, match("a(x)?", "ax"))))
    assert.is_false((select(2, match("a(x)?", "a"))))
  end)

  it("are what RE2's users write", function()
    assert.are.equal("<a>", match("<.+?>", "<a><b>"))
    assert.are.equal("cat", match("\\bcat\\b", "a cat sat"))
    assert.is_nil(match("\\bcat\\b", "concat"))
    assert.are.equal("v", (select(2, match("(?P<name>v)\\d", "v1"))))
    assert.are.equal("aXc", match("a(?i)x(?-i)c", "aXc"))
    assert.are.equal("a", match("a|ab", "ab")) -- the first that matches, not the longest
    assert.is_nil(match("a$", "a\n")) -- $ is the end of the text
    assert.are.equal("12", match("[[:digit:]]{2}", "x123"))
    assert.are.equal("é", match("^.$", "é")) -- a character, not a byte
    assert.are.equal("b", match("b", "\xff\xfeb")) -- beside what is no UTF-8
    assert.are.equal("\0b", match("\\x00b", "a\0b"))
  end)

  it("say what is wrong, and where", function()
    for pattern, why in pairs { ["("] = "missing closing parenthesis, at byte 1",
      ["[b"] = "for character class, at byte 2", ["x{2,1}"] = "numbers out of order",
      ["a(?<n"] = "at byte 5", [("a"):rep(20000)] = "longer than 16384 bytes" } do
      local regex, err = core.regex(pattern)
      assert.is_nil(regex)
      assert.is_truthy(err:find("does not compile: ", 1, true))
      assert.is_truthy(err:find(why, 1, true), err)
    end
  end)

  it("give up a search without an end, at once", function()
    local regex = assert(core.regex("^(a+)+$"))
    local ok, err = pcall(regex.match, regex, ("a"):rep(60) .. "b")
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("regexp '^(a+)+$': match limit exceeded", 1, true),
      err)
    assert.are.equal("aaa", (regex:match("aaa"))) -- and goes on with the next one
  end)
end)

describe("units", function()
  it("convert to what Prometheus wants", function()
    assert.are.equal(1e9, units.divisor("ns", "seconds"))
    assert.are.equal(1 / 4096, units.divisor("pages", "bytes"))
    assert.are.equal(1, units.divisor(nil, "seconds"))
    assert.are.equal("seconds", units.base("us"))
    assert.is_nil((units.divisor("ns", "bytes")))
    assert.is_nil((units.divisor("ns", "apples")))
  end)
end)
