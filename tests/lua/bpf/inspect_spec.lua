-- Object files before they run: what is in them, what the verifier says, and the types that they
-- need of the kernel; with bpftool and the kernel's own programs as witnesses.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local verifier_log = require("lunette.code.verifier_log")

local PATH = fixture.object("refused")

local function by_name(list)
  local found = {}
  for _, one in ipairs(list) do found[one.name] = one end
  return found
end

describe("an object file", function()
  it("shows its programs and maps without loading them", function()
    local before = #bpf.ids("prog")
    local found = assert(bpf.inspect(PATH))
    assert.equal(before, #bpf.ids("prog"))
    local names = {}
    for i, prog in ipairs(found.programs) do names[i] = prog.name .. " " .. prog.section end
    assert.same({ "re_good raw_tp/sys_enter", "re_unchecked raw_tp/sys_enter",
      "re_missing raw_tp/sys_enter" }, names)
    assert.equal("raw_tracepoint", found.programs[1].type)
    local map = by_name(found.maps).re_map
    assert.same({ "hash", 4, 8, 16 },
      { map.type, map.key_size, map.value_size, map.max_entries })
    assert.is_true(found.btf)
  end)

  it("is refused by name when it is none", function()
    local wrong = { ["/nonexistent"] = "No such file", ["/etc/passwd"] = "it is no BTF" }
    for path, text in pairs(wrong) do
      local none, err = bpf.inspect(path)
      assert.is_nil(none)
      assert.truthy(err:find(path .. ": ", 1, true) and err:find(text, 1, true), err)
    end
  end)
end)

describe("the verifier", function()
  it("tells of each program, and nothing stays loaded", function()
    local rows = by_name(assert(bpf.verify(PATH)))
    local good = rows.re_good
    assert.is_true(good.loaded)
    assert.is_true(good.processed >= 10 and good.total_states >= 1 and good.xlated > 0)
    assert.matches("^%d+", good.stack)
    assert.is_false(rows.re_unchecked.loaded)
    assert.matches("invalid mem access", rows.re_unchecked.log)
    assert.is_false(rows.re_missing.loaded)
    assert.matches("no_such_member", rows.re_missing.log)
    assert.truthy(fixture.eventually(function()
      for _, prog in ipairs(bpf.progs()) do
        if prog.name:find("^re_") then return false end
      end
      return true
    end))
  end)

  it("is asked of one program where it is named", function()
    local rows = assert(bpf.verify(PATH, "re_good"))
    assert.equal(1, #rows)
    local none, err = bpf.verify(PATH, "nosuch")
    assert.is_nil(none)
    assert.equal(PATH .. ": there is no program 'nosuch'", err)
  end)

  it("gives a reason that is folded to the failing path", function()
    local rows = by_name(assert(bpf.verify(PATH)))
    local text = verifier_log.folded(rows.re_unchecked.log)
    local lines = {}
    for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.matches("R0 invalid mem access 'map_value_or_null'", lines[#lines])
    assert.matches("return %(int%)%*value", text)
    assert.is_nil(text:find("R10=fp0", 1, true))
    assert.is_nil(text:find("processed", 1, true))
  end)
end)

describe("relocations", function()
  it("say what this kernel lacks", function()
    local btf <close> = assert(bpf.btf("vmlinux"))
    local found = {}
    for _, relo in ipairs(assert(bpf.core_relocations(PATH, btf))) do
      found[relo.what] = relo.found
    end
    assert.same({ ["struct task_struct.pid"] = true,
      ["struct task_struct.no_such_member"] = false }, found)
  end)

  it("are found wherever the kernel loads the program", function()
    local btf <close> = assert(bpf.btf("vmlinux"))
    for _, name in ipairs { "runqlat", "execsnoop", "tcp", "files" } do
      local path = ("%s/tools/%s.bpf.o"):format(os.getenv("LUNETTE_BUILD") or "build", name)
      local rows = assert(bpf.core_relocations(path, btf))
      assert.is_true(#rows > 3)
      for _, relo in ipairs(rows) do
        -- state: before Linux 5.14; the newer record of a tracepoint: from 6.9 on
        local old = relo.what:find("task_struct.state", 1, true)
          or relo.what:find("trace_event_raw_tcp_", 1, true)
        assert.truthy(relo.found or not relo.needed or old, relo.what)
      end
    end
  end)

  it("are none where a file has no BTF of its own", function()
    local btf <close> = assert(bpf.btf("vmlinux"))
    assert.same({}, (bpf.core_relocations(fixture.binary(), btf)))
  end)
end)
