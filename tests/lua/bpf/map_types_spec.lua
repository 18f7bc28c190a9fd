-- Every map type that a test can create on this kernel: each way of reading shows its entries, or a
-- sentence on why it can't; and where bpftool can dump the map, its output is the same.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")
local map_types = require("tests.lua.support.map_types")
local names = require("lunette.names")
local support = require("tests.lua.schema.support")

-- Types that no test can create here, with the reason.
local NOT_HERE = {
  insn_array = "made by the loader of a program with jump tables",
  rhash = "newer than this kernel",
  struct_ops = "has a test of its own: struct_ops_spec.lua",
}

-- The expected result for a map: its rows, or the sentence for a map that can't be read.
local EXPECTED = {
  mt_hash = 1, mt_array = 5, mt_pc_hash = 1, mt_pc_array = 3, mt_lru = 1, mt_pc_lru = 1,
  mt_lpm = 1, mt_queue = 1, mt_stack = 1, mt_progs = 1, mt_outer = 1, ty_outer = 1,
  mt_inode = 1,
  mt_stacks = "some", mt_ring = "some", ty_devmap = 1, ty_devmap_hash = 1, ty_cpumap = 1,
  ty_sockmap = 1, ty_sockhash = 1,
  ty_reuseport = "empty", ty_cg_storage = "empty", ty_cg_storage_pc = "empty", mt_task = "empty",
  mt_sk = "empty", mt_cgrp = "empty",
  ty_user_ring = "0 of 4096 bytes wait", mt_bloom = "bloom filter keeps no elements",
  ty_perf = "perf event array", mt_cgroups = "which cgroups", ty_xskmap = "AF_XDP sockets",
  ty_arena = "memory without entries", ty_sockmap_4 = "only where its values have 8 bytes",
}

-- bpftool prints a __int128 as bare hex digits, which is invalid JSON.
local NO_JSON = { mt_hash = true }

local loaded, maps

local function table_of(map)
  local source = [[{ map(id: %d) { isLookupSupported unreadable
    entries(limit: 2000) { key value cpuValues }
    table(cpus: BOTH) { note rows { key cells error } columns { name } } } }]]
  return support.ask(source:format(map:id())).map
end

-- Summarizes the result: the number of rows, or the sentence.
local function check(name, rows, sentence)
  local wanted = EXPECTED[name]
  local what = ("%s: %d rows, %s"):format(name, rows, sentence)
  if math.type(wanted) == "integer" then return assert.equal(wanted, rows, what) end
  if wanted == "some" then return assert.is_true(rows > 0, what) end
  assert.equal(0, rows, what)
  assert.matches(wanted == "empty" and "is empty" or wanted, sentence, 1, true)
end

-- A command's output, its stderr, and whether it succeeded.
local function run(command)
  local errors = os.tmpname()
  local pipe = assert(io.popen(("%s %s 2>%s"):format(fixture.binary(), command, errors)))
  local text = pipe:read("a")
  local ok = pipe:close()
  local file <close> = assert(io.open(errors))
  local said = file:read("a")
  os.remove(errors)
  return text, said, ok
end

local function by_name()
  local list = {}
  for name in pairs(EXPECTED) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function bytes(list)
  local parts = {}
  for i, byte in ipairs(list) do parts[i] = ("%02x"):format(tonumber(byte)) end
  return table.concat(parts)
end

-- bpftool's entries in our form: hex key to hex value, or to the CPUs' values.
local function by_bpftool(map)
  local found = {}
  local dump = fixture.json(("bpftool -j map dump id %d 2>/dev/null"):format(map:id()))
  for _, entry in ipairs(dump) do
    local value = entry.value
    if entry.values then
      value = {}
      for i, one in ipairs(entry.values) do value[i] = bytes(one.value) end
    elseif type(value) == "table" and not value.error then
      value = bytes(value)
    elseif type(value) == "table" then
      value = nil -- an empty slot
    end
    found[bytes(entry.key)] = value
  end
  return found
end

describe("maps of every type", function()
  setup(function()
    loaded = map_types.load(by_name())
    maps = loaded.maps
    for name in pairs(EXPECTED) do
      if not maps[name] then EXPECTED[name] = nil end -- the kernel lacks the type
    end
    for id = 1, 64 do
      local type = bpf.type_name("map", id)
      if bpf.probe("map", id) == false then NOT_HERE[type] = "newer than this kernel" end
    end
    local found, err = maps.mt_sk:storage()
    if not found and err:find("the kernel refuses the program (iter/", 1, true) then
      EXPECTED.mt_sk = "the kernel refuses the program (iter/bpf_sk_storage_map)"
    end
  end)

  teardown(function()
    if loaded then loaded:close() end
  end)

  it("are all here", function()
    local have = {}
    for _, map in pairs(maps) do have[map:info().type] = true end
    for id = 1, 64 do
      local type = bpf.type_name("map", id)
      if type and not type:find("%d$") and names.map(type) then
        assert.truthy(have[type] or NOT_HERE[type], type .. " is not tested")
      end
    end
  end)

  it("show entries or a sentence in a table", function()
    for _, name in ipairs(by_name()) do
      local found = table_of(maps[name])
      check(name, #found.table.rows, tostring(found.table.note))
    end
  end)

  it("show entries in the seeds' form, and why where they can't", function()
    for _, name in ipairs(by_name()) do
      local found = table_of(maps[name])
      assert.equal(maps[name]:unreadable(), found.unreadable)
      assert.equal(found.unreadable == nil, found.isLookupSupported, name)
      if found.unreadable then assert.same({}, found.entries)
      else check(name, #found.entries, "is empty") end
    end
  end)

  it("show entries or a sentence on the command line", function()
    for _, name in ipairs(by_name()) do
      for _, form in ipairs { "", "-j", "--csv", "--ndjson" } do
        local text, said, ok = run(("map dump %d %s"):format(maps[name]:id(), form))
        local lines = select(2, text:gsub("\n", "\n"))
        local rows = form == "--ndjson" and lines or math.max(lines - 1, 0)
        if form == "-j" and ok then rows = #assert(json.decode(text)) end
        local what = ("map dump %s %s: %s%s"):format(name, form, text, said)
        if type(EXPECTED[name]) == "string" and EXPECTED[name] ~= "some" then
          assert.equal(0, rows, what)
          assert.equal(EXPECTED[name] == "empty" or name == "ty_user_ring", ok == true, what)
          if not ok then assert.matches(EXPECTED[name], said, 1, true) end
          if form == "" then assert.not_equal("", said, what) end
        else
          assert.is_true(rows > 0, what)
        end
      end
    end
  end)

  it("refuse on the command line what they have not, in one line", function()
    local KEYLESS, NO_QUEUE = "it has no keys", "no queue or stack"
    for _, case in ipairs {
      { "mt_queue", "lookup %d 0", KEYLESS }, { "mt_bloom", "update %d 0 1", KEYLESS },
      { "mt_ring", "delete %d 0", KEYLESS }, { "mt_array", "peek %d", NO_QUEUE },
      { "mt_pc_hash", "pop %d", NO_QUEUE }, { "mt_lru", "push %d 1", NO_QUEUE },
      { "mt_bloom", "peek %d", "keeps no elements" }, { "ty_arena", "pop %d", "memory without" },
      { "mt_array", "delete %d 1", "the entries of an array can't be removed" },
      { "mt_array", "lookup %d 5", "it has no slot 5, only 0 to 4" },
      { "mt_progs", "delete %d 99", "it has no slot 99, only 0 to 3" },
      { "ty_devmap", "delete %d 4", "it has no slot 4, only 0 to 3" },
      { "ty_sockhash", "delete %d 99", "has no such key" },
      { "mt_task", "lookup %d 0", "its keys are descriptors" },
      { "ty_perf", "lookup %d 0", "not supported by this map type" },
      { "mt_lpm", "lookup %d zz", "'zz' is not an IPv4 prefix" },
      { "mt_array", "update %d 99 1", "the key lies beyond its end" },
      { "mt_array", "dump %d --where 'value ='", "is no condition" },
    } do
      if not maps[case[1]] then goto lacking end -- this kernel has no such type
      local command = "map " .. case[2]:format(maps[case[1]]:id())
      local text, said, ok = run(command)
      local what = ("%s %s: %s%s"):format(case[1], command, text, said)
      assert.is_falsy(ok, what)
      assert.equal("", text, what)
      assert.matches("^lunette: [^\n]+\n$", said, what)
      assert.truthy(said:find(case[3], 1, true), what)
      local id = "map " .. maps[case[1]]:id()
      assert.is_nil(said:find(id .. ".*" .. id), what)
      ::lacking::
    end
  end)

  it("show all of an owner's or a record's fields as JSON", function()
    local text = run(("map dump %d -j"):format(maps.mt_ring:id()))
    local record = assert(json.decode(text))[1]
    assert.equal("ready", record.value.state)
    assert.equal(2 * record.value.size, #record.value.data)
  end)

  it("are what bpftool dumps", function()
    for _, name in ipairs(by_name()) do
      local map = maps[name]
      if not map:unreadable() and not NO_JSON[name] then
        local ours, theirs = {}, by_bpftool(map)
        for _, entry in ipairs(table_of(map).entries) do
          ours[entry.key] = #entry.cpuValues > 0 and entry.cpuValues or entry.value
        end
        assert.same(theirs, ours, name)
      end
    end
  end)
end)
