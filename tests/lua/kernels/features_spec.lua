-- The output of `lunette check` and `lunette feature` on each kernel, compared with golden files
-- (tests/golden/kernels). Those are of Debian's cloud kernels, so only guests of tests/kernels are
-- compared, by the series in LUNETTE_KERNEL. LUNETTE_GOLDEN=FOLDER writes them.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local series = os.getenv("LUNETTE_KERNEL")

local function golden(name, text)
  local path = ("tests/golden/kernels/%s-%s.txt"):format(name, series)
  local out = os.getenv("LUNETTE_GOLDEN")
  if out and out ~= "" then
    local file <close> = assert(io.open(("%s/%s-%s.txt"):format(out, name, series), "w"))
    file:write(text)
    return
  end
  local file <close> = io.open(path)
  if not file then return pending("no golden file: " .. path) end
  assert.equal(file:read("a"), text)
end

describe("on this kernel", function()
  if not series then
    pending("only in the guests of tests/kernels, whose kernels are known")
    return
  end

  it("check says what there is", function()
    local text = fixture.output(fixture.binary() .. " check")
    golden("check", (text:gsub("^[^\n]*\n", ""))) -- the first line names the machine
  end)

  it("feature says what there is, and never that it does not know", function()
    local text = fixture.output(fixture.binary() .. " feature --csv")
    assert.is_nil(text:find(",unknown,", 1, true))
    golden("feature", text)
  end)

  it("each type that the kernel's BTF lists has a name", function()
    local dump = fixture.output("bpftool btf dump file /sys/kernel/btf/vmlinux 2>/dev/null")
    for kind, name, value in dump:gmatch("'BPF_(%u+)_TYPE_([%u%d_]+)' val=(%d+)") do
      if kind == "PROG" or kind == "MAP" or kind == "LINK" then
        assert.is_nil(bpf.type_name(kind:lower(), tonumber(value)):match("^type_"), name)
      end
    end
  end)
end)
