-- Uprobes whose holder sees another file at the path than Lunette does, as in every container: the
-- functions are those of the holder's file.

local attach = require("lunette.attach")
local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local run = fixture.run

-- A program of two functions of the same size, in this order.
local function compile(path, first, second)
  local source <close> = assert(io.open(path .. ".c", "w"))
  for _, name in ipairs { first, second } do
    source:write(("int %s(int x) { return x * 3 + 1; }\n"):format(name))
  end
  source:write(("int main(void) { return %s(%s(1)); }\n"):format(first, second))
  source:close()
  run("gcc -O0 -no-pie -o %s %s.c", path, path)
end

local function offset_of(path, name)
  local symbols = fixture.output("readelf -sW " .. path)
  local address = tonumber(symbols:match("(%x+)%s+%d+ FUNC%s+GLOBAL DEFAULT%s+%d+ " .. name), 16)
  local segments = fixture.output("readelf -lW " .. path)
  for offset, virtual, size in segments:gmatch("LOAD%s+0x(%x+) 0x(%x+) 0x%x+ 0x(%x+)") do
    offset, virtual, size = tonumber(offset, 16), tonumber(virtual, 16), tonumber(size, 16)
    if address >= virtual and address < virtual + size then return address - virtual + offset end
  end
end

describe("a uprobe of a process with a mount namespace of its own", function()
  local folder = os.tmpname()
  local ours, theirs = folder .. "/program", folder .. "/other"
  local link = folder .. "/link" -- absolute, to the program: within there, to theirs
  local pipe, pid, progs

  setup(function()
    os.remove(folder)
    run("mkdir -p %s/group", folder)
    compile(ours, "ours_first", "ours_second")
    compile(theirs, "theirs_first", "theirs_second")
    run("ln -s %s %s", ours, link)
    local command = "exec unshare -m sh -c 'mount --bind %s %s && exec /usr/bin/python3 "
      .. "tests/lua/support/links.py / %s %d'"
    pipe = assert(io.popen(command:format(theirs, ours, link, offset_of(theirs, "theirs_second"))))
    pid = assert(pipe:read("n", "l"))
    progs = {}
    for line in pipe:lines() do
      local name, id, prog = line:match("^(%S+) (%S+) (%S+)")
      if line == "end" then break end
      if id ~= "-" then progs[name] = math.tointeger(tonumber(prog)) end
    end
  end)

  teardown(function()
    os.execute("kill " .. pid)
    pipe:close()
    os.execute("rm -r " .. folder)
  end)

  for _, name in ipairs { "uprobe", "uprobes" } do
    it("is on the function of the file that is there: " .. name, function()
      if not progs[name] then return pending("this kernel makes no such link") end
      local row = assert(fixture.find(assert(attach.list()), { prog_id = progs[name] }))
      assert.matches(":theirs_second$", row.target)
      assert.equal("theirs_second", row.func or row.funcs[1])
    end)
  end

  it("bpf.elf_symbol reads the file that a process sees", function()
    local offset = offset_of(theirs, "theirs_second")
    assert.equal("theirs_second", bpf.elf_symbol(ours, offset, pid))
    assert.equal("theirs_second", bpf.elf_symbol(link, offset, pid))
    assert.equal("ours_second", (bpf.elf_symbol(ours, offset_of(ours, "ours_second"))))
    assert.is_nil(bpf.elf_symbol("program", offset, pid))
  end)
end)
