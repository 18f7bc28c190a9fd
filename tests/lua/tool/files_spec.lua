-- The tools of files and terminals, under a load with known numbers of calls.

local support = require("tests.lua.support.tool")

describe("filetop", function()
  it("counts reads and writes of files, by thread and file", function()
    local program <close> = support.own_program("/bin/dd", "dd")
    local name = program.path .. ".file"
    local rows = support.entries_of("filetop", {},
      ("%s if=/dev/zero of=%s bs=4096 count=20 2>/dev/null && %s if=%s of=/dev/null bs=8192 "
        .. "2>/dev/null"):format(program.path, name, program.path, name))
    os.remove(name)
    local reads, writes, read_bytes, write_bytes = 0, 0, 0, 0
    for _, row in ipairs(rows) do
      if row.comm == program.comm and name:find(row.file, 1, true) and row.file ~= "" then
        assert.equal("R", row.letter)
        reads, writes = reads + row.reads, writes + row.writes
        read_bytes, write_bytes = read_bytes + row.rbytes, write_bytes + row.wbytes
      end
    end
    assert.same({ 11, 20, 81920, 81920 }, { reads, writes, read_bytes, write_bytes }) -- and the end
  end)

  it("counts pipes where all files are wanted", function()
    local program <close> = support.own_program("/bin/cat", "cat")
    local command = ("seq 3 | %s >/dev/null"):format(program.path)
    local function pipes(values)
      local found = 0
      for _, row in ipairs(support.entries_of("filetop", values, command)) do
        if row.comm == program.comm and row.letter == "O" then found = found + row.reads end
      end
      return found
    end
    assert.equal(0, pipes {})
    assert.is_true(pipes { all_files = true } >= 2)
  end)
end)

describe("fileslower and fsslower", function()
  it("show what took long enough, with its size and place", function()
    local program <close> = support.own_program("/bin/dd", "slow")
    local name = program.path .. ".file"
    local command = ("%s if=/dev/zero of=%s bs=4096 count=5 conv=fsync 2>/dev/null")
      :format(program.path, name)
    local function of_file(row)
      return row.comm == program.comm and name:sub(-#row.name) == row.name
    end
    local writes = support.rows_of("fileslower", { min = 0 }, command, of_file)
    assert.equal(5, #writes)
    for _, row in ipairs(writes) do
      assert.same({ "W", 4096 }, { row.kind, row.bytes })
      assert.is_true(row.latency_ms >= 0)
    end
    local all = support.rows_of("fsslower", { min = 0 }, command, of_file)
    local kinds, offsets = {}, {}
    for _, row in ipairs(all) do
      kinds[row.kind] = (kinds[row.kind] or 0) + 1
      if row.kind == "W" then offsets[#offsets + 1] = row.offset_kb end
      assert.is_true(#row.fs > 0)
    end
    assert.same({ O = 1, W = 5, F = 1 }, kinds)
    assert.same({ 0, 4, 8, 12, 16 }, offsets)
    assert.same({}, support.rows_of("fsslower", { min = 0, type = "nosuchfs" }, command, of_file))
    assert.same({}, support.rows_of("fileslower", { min = 3600000 }, command, of_file))
    os.remove(name)
  end)
end)

describe("ttysnoop", function()
  it("shows what is written to a terminal, as it is", function()
    local command = "script -qec 'printf \"one\\033[1m\\n\"; echo two' /dev/null "
      .. "</dev/null >/dev/null"
    local rows = support.rows_of("ttysnoop", {}, command, function(row)
      return row.tty:find("^pts/") ~= nil and (row.data == "one\27[1m\n" or row.data == "two\n")
    end)
    assert.equal(2, #rows)
    assert.same({ "one\27[1m\n", 8, "two\n", 4 },
      { rows[1].data, rows[1].size, rows[2].data, rows[2].size })
    local other = support.rows_of("ttysnoop", { tty = "/dev/pts/9999" }, command,
      function() return true end)
    assert.same({}, other)
  end)
end)
