-- Mutations; bpftool shows the kernel's state afterwards.

local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")

local function u32(n) return ("<I4"):pack(n) end
local function u64(n) return ("<I8"):pack(n) end
local function name16(text) return text .. ("\0"):rep(16 - #text) end

local function bpftool(...) return json.decode(support.output(...)) end

describe("mutations", function()
  local object, ids

  setup(function() object = support.load() end)
  teardown(function() object:close() end)

  before_each(function()
    ids = {}
    for _, name in ipairs { "sch_hash", "sch_points", "sch_percpu", "sch_array", "sch_queue",
      "sch_progs" } do
      ids[name] = object:map(name):info().id
    end
    for key in object:map("sch_hash"):each { raw = true } do object:map("sch_hash"):delete(key) end
    for key in object:map("sch_percpu"):each { raw = true } do
      object:map("sch_percpu"):delete(key)
    end
    object:map("sch_hash"):update(u32(1), u64(100))
    object:map("sch_percpu"):update(name16("bash"), { u64(3), u64(4) })
  end)

  -- Runs a mutation with these arguments; returns its result.
  local function mutate(field, args, more)
    local source = ("mutation { %s(%s) { error %s } }"):format(field, args, more or "")
    return support.write(source)[field]
  end

  local function lookup(name, key_hex)
    local entry = bpftool("bpftool -j map lookup id %d key hex %s", ids[name],
      key_hex:gsub("%x%x", "%0 "))
    return entry.value and table.concat(entry.value):gsub("0x", "") or entry
  end

  it("are refused where writing isn't allowed", function()
    local WHY = "writing is not allowed: start the server with --allow-write and send its token"
    local source = "mutation { %s(%s) { %s } }"
    for field, args in pairs {
      pinMap = 'id: %d, path: "/sys/fs/bpf/x"',
      updateMapValue = 'mapId: %d, key: "01000000", value: "1", keyFormat: HEX, '
        .. "valueFormat: NUMBER",
      createMapValue = 'mapId: %d, key: "02000000", values: ["1"], keyFormat: HEX, '
        .. "valueFormat: NUMBER",
      deleteMapValues = 'mapId: %d, keys: ["01000000"], keyFormat: HEX',
      writeMapEntry = "mapId: %d, key: 1, value: 1", freezeMap = "id: %d",
    } do
      args = args:format(ids.sch_hash)
      local result = support.run(source:format(field, args, "... { e: error }"))
      assert.same({ nil, WHY }, { result.errors, result.data[field].e })
      -- When the query does not select `error`, it is an error of the response.
      result = support.run(source:format(field, args, "__typename"))
      assert.equal(WHY, result.errors[1].message)
      assert.same({ field }, { table.unpack(result.errors[1].path) })
    end
    local four = support.run(source:format("pinMap", 'id: 1, path: "x"', "__typename"))
    assert.same({ 1, nil }, { #four.errors, four.data.pinMap })
    assert.equal(u64(100), object:map("sch_hash"):lookup(u32(1)))
  end)

  describe("updateMapValue", function()
    local ARGS = 'mapId: %d, key: "%s", value: "%s", keyFormat: NUMBER, valueFormat: NUMBER'

    it("changes a value", function()
      assert.is_nil(mutate("updateMapValue", ARGS:format(ids.sch_hash, "1", "-2")).error)
      assert.equal("feffffffffffffff", lookup("sch_hash", "01000000"))
    end)

    it("changes one CPU's value and leaves the others", function()
      local answer = mutate("updateMapValue", ('mapId: %d, key: "bash", value: "77", cpu: 1, '
        .. "keyFormat: STRING, valueFormat: NUMBER"):format(ids.sch_percpu))
      assert.is_nil(answer.error)
      local values = object:map("sch_percpu"):lookup(name16("bash"))
      assert.equal(u64(3), values[1])
      assert.equal(u64(77), values[2])
    end)

    it("refuses what doesn't fit, by name", function()
      local function refusal(key, value)
        return mutate("updateMapValue", ARGS:format(ids.sch_array, key, value)).error
      end
      assert.equal("value: number 300 does not fit 1 byte", refusal("1", "300"))
      assert.equal("value: 'abc' is not a number", refusal("1", "abc"))
      assert.equal("key: number 4294967296 does not fit 4 bytes", refusal("4294967296", "3"))
      assert.equal("the map is full, or the key lies beyond its end", refusal("4", "3"))
      local hex = 'mapId: %d, key: "%s", value: "%s", keyFormat: HEX, valueFormat: %s'
      assert.equal("key: hex '010' has an odd number of digits", mutate("updateMapValue",
        hex:format(ids.sch_hash, "010", "1", "NUMBER")).error)
      assert.equal("key: hex '0100' has 2 bytes, the field has 4", mutate("updateMapValue",
        hex:format(ids.sch_hash, "0100", "1", "NUMBER")).error)
      assert.equal("value: string 'too long a text' has 15 bytes, the field has 8",
        mutate("updateMapValue",
          hex:format(ids.sch_hash, "01000000", "too long a text", "STRING")).error)
    end)

    it("refuses a key that isn't there", function()
      assert.equal("no such key",
        mutate("updateMapValue", ARGS:format(ids.sch_hash, "2", "5")).error)
    end)

    it("refuses a CPU that isn't there, or that a map has no use for", function()
      local args = 'mapId: %d, key: "bash", value: "7", %s keyFormat: STRING, valueFormat: NUMBER'
      local last = (require("bpf").cpus()) - 1
      assert.equal(("cpu: needed, 0 to %d"):format(last),
        mutate("updateMapValue", args:format(ids.sch_percpu, "")).error)
      assert.equal(("cpu: there is no CPU 5000, only 0 to %d"):format(last),
        mutate("updateMapValue", args:format(ids.sch_percpu, "cpu: 5000,")).error)
      assert.equal("cpu: the map has one value for all CPUs", mutate("updateMapValue",
        ('mapId: %d, key: "1", value: "7", cpu: 0, keyFormat: NUMBER, valueFormat: NUMBER')
        :format(ids.sch_hash)).error)
    end)

    it("refuses a map that isn't there", function()
      assert.equal("map with ID 2000000000 not found",
        mutate("updateMapValue", ARGS:format(2000000000, "1", "5")).error)
    end)
  end)

  describe("createMapValue", function()
    it("adds an entry, and only a new one", function()
      local args = ('mapId: %d, key: "9", values: ["900"], keyFormat: NUMBER, '
        .. "valueFormat: NUMBER"):format(ids.sch_hash)
      assert.is_nil(mutate("createMapValue", args).error)
      assert.equal("8403000000000000", lookup("sch_hash", "09000000"))
      assert.equal("the key is there already", mutate("createMapValue", args).error)
    end)

    it("takes one value a CPU", function()
      local cpus = (require("bpf").cpus())
      local values = {}
      for cpu = 1, cpus do values[cpu] = ('"%d"'):format(cpu * 11) end
      local args = 'mapId: %d, key: "zsh", values: [%s], keyFormat: STRING, valueFormat: NUMBER'
      assert.is_nil(mutate("createMapValue",
        args:format(ids.sch_percpu, table.concat(values, ","))).error)
      local stored = object:map("sch_percpu"):lookup(name16("zsh"))
      for cpu = 1, cpus do assert.equal(u64(cpu * 11), stored[cpu]) end
      assert.equal(("values: %d needed, got %d"):format(cpus, cpus + 1),
        mutate("createMapValue",
          args:format(ids.sch_percpu, table.concat(values, ",") .. ',"1"')).error)
    end)
  end)

  describe("deleteMapValues", function()
    local ARGS = "mapId: %d, keys: [%s], keyFormat: NUMBER"

    it("removes entries", function()
      object:map("sch_hash"):update(u32(2), u64(1))
      assert.is_nil(mutate("deleteMapValues", ARGS:format(ids.sch_hash, '"1", "2"')).error)
      assert.same({}, bpftool("bpftool -j map dump id %d", ids.sch_hash))
    end)

    it("removes nothing where a key is wrong, and says which isn't there", function()
      assert.equal("keys[1]: 'x' is not a number",
        mutate("deleteMapValues", ARGS:format(ids.sch_hash, '"1", "x"')).error)
      assert.equal(1, #bpftool("bpftool -j map dump id %d", ids.sch_hash))
      assert.equal("key 5: no such key",
        mutate("deleteMapValues", ARGS:format(ids.sch_hash, '"5", "1"')).error)
      assert.equal(0, #bpftool("bpftool -j map dump id %d", ids.sch_hash))
    end)
  end)

  describe("pins", function()
    it("are made and removed", function()
      local path = ("/sys/fs/bpf/sch_pin_%d"):format(ids.sch_hash)
      assert.is_nil(mutate("pinMap", ('id: %d, path: "%s"'):format(ids.sch_hash, path)).error)
      assert.equal(ids.sch_hash, bpftool("bpftool -j map show pinned %s", path).id)
      local map = support.ask(
        ("{ map(id: %d) { isPinned pins } }"):format(ids.sch_hash)).map
      assert.is_true(map.isPinned)
      assert.same({ path }, map.pins)
      assert.truthy(mutate("pinMap", ('id: %d, path: "%s"'):format(ids.sch_hash, path)).error
        :find("exists", 1, true))
      assert.is_nil(mutate("unpin", ('path: "%s"'):format(path)).error)
      assert.is_nil(io.open(path))
    end)

    it("are refused outside a BPF file system", function()
      assert.truthy(mutate("pinMap", ('id: %d, path: "/tmp/sch_pin"'):format(ids.sch_hash)).error)
      assert.is_nil(io.open("/tmp/sch_pin"))
      assert.truthy(mutate("unpin", 'path: "/etc/passwd"').error)
    end)
  end)

  describe("writeMapEntry", function()
    local MORE = "written key values before"

    it("shows the bytes on a dry run, and writes nothing", function()
      local answer = support.ask(("mutation { writeMapEntry(mapId: %d, dryRun: true, "
        .. 'key: { x: 1, y: 2 }, value: "hi") { error %s } }')
        :format(ids.sch_points, MORE)).writeMapEntry
      assert.is_nil(answer.error)
      assert.is_false(answer.written)
      assert.equal("0100000002000000", answer.key)
      assert.equal("6869" .. ("00"):rep(14), answer.values[1])
      assert.is_nil(answer.before)
      assert.is_nil((object:map("sch_points"):lookup(u32(1) .. u32(2))))
    end)

    it("writes, and tells what was there before", function()
      local args = 'mapId: %d, key: { x: 3, y: 4 }, value: "%s"'
      assert.is_true(
        mutate("writeMapEntry", args:format(ids.sch_points, "one"), MORE).written)
      local answer = mutate("writeMapEntry", args:format(ids.sch_points, "two"), MORE)
      assert.equal("6f6e65" .. ("00"):rep(13), answer.before[1])
      assert.equal(name16("two"), object:map("sch_points"):lookup(u32(3) .. u32(4)))
      object:map("sch_points"):delete(u32(3) .. u32(4))
    end)

    it("takes programs and maps by their ids", function()
      local slots = object:map("sch_progs")
      slots:delete(u32(1))
      local id = object:prog("sch_next"):info().id
      local args = ("mapId: %d, key: 1, value: %%s"):format(ids.sch_progs)
      assert.is_true(mutate("writeMapEntry", args:format(id), MORE).written)
      assert.equal(u32(id), slots:lookup(u32(1)))
      local refused = mutate("writeMapEntry", args:format(4294967294), MORE)
      assert.equal("program 4294967294: No such file or directory", refused.error)
      slots:delete(u32(1))
    end)

    it("refuses by field", function()
      local function refusal(name, args)
        return mutate("writeMapEntry", ("mapId: %d, %s"):format(ids[name], args), MORE).error
      end
      assert.equal("key.x: the number does not fit u32: 0 to 4294967295",
        refusal("sch_points", 'key: { x: 4294967296, y: 1 }, value: "a"'))
      assert.equal("key.x: a number below zero does not fit u32",
        refusal("sch_points", 'key: { x: -1, y: 1 }, value: "a"'))
      assert.equal("key: no field 'z'; there are x, y",
        refusal("sch_points", 'key: { z: 1 }, value: "a"'))
      assert.equal("key: needs an object: it has 2 fields",
        refusal("sch_points", 'key: 1, value: "a"'))
      assert.equal("key: needed", refusal("sch_points", 'value: "a"'))
      assert.equal("value: needs a whole number",
        refusal("sch_hash", "key: 1, value: 1.5"))
    end)

    it("takes 64 bits exactly, as literals and as variables", function()
      local source = "mutation%s { writeMapEntry(mapId: %d, key: 9, value: %s) { error } }"
      local map = object:map("sch_hash")
      local function written(literal, variables)
        local text = source:format(variables and " ($v: JSON!)" or "", ids.sch_hash, literal)
        local err = support.write(text, variables).writeMapEntry.error
        if err ~= nil and err ~= json.null then return err end
        return ("%u"):format((("<i8"):unpack(map:lookup(u32(9)))))
      end
      local decode = require("lunette.graphql.json_text").decode
      for _, digits in ipairs { "12345678901234567890", "18446744073709551615",
        "9223372036854775808", "9007199254740993", "9007199254740993.0",
        "1.8446744073709551615e19" } do
        local expected = digits:gsub("%.0$", ""):gsub("^1%.(%d+)e19$", "1%1")
        local variables = decode('{ "v": ' .. digits .. " }")
        assert.equal(expected, written("$v", variables))
        assert.equal(expected, written(digits))
        assert.equal(expected, written('"' .. expected .. '"'))
      end
      for _, digits in ipairs { "18446744073709551616", "123456789012345678901234567890" } do
        local err = "value: the number does not fit u64: 0 to 18446744073709551615"
        assert.equal(err, written("$v", decode('{ "v": ' .. digits .. " }")))
        assert.equal(err, written(digits))
      end
      assert.equal("value: a number below zero does not fit u64",
        written("-9223372036854775809"))
      map:delete(u32(9))
    end)

    it("takes u64 as digits and bytes as hex", function()
      assert.is_true(mutate("writeMapEntry", ('mapId: %d, key: 7, value: "18446744073709551615"')
        :format(ids.sch_hash), MORE).written)
      assert.equal(u64(-1), object:map("sch_hash"):lookup(u32(7)))
      assert.is_true(mutate("writeMapEntry",
        ('mapId: %d, key: { hex: "08000000" }, value: { hex: "0100000000000000" }')
        :format(ids.sch_hash), MORE).written)
      assert.equal(u64(1), object:map("sch_hash"):lookup(u32(8)))
    end)

    it("creates or updates only, where asked", function()
      local args = ("mapId: %d, key: %%d, value: 5, mode: %%s"):format(ids.sch_hash)
      assert.equal("the key is there already",
        mutate("writeMapEntry", args:format(1, "CREATE"), MORE).error)
      assert.equal("no such key", mutate("writeMapEntry", args:format(2, "UPDATE"), MORE).error)
    end)
  end)

  describe("queues", function()
    it("take in and give out", function()
      local push = 'mapId: %d, value: "%d", valueFormat: NUMBER'
      assert.is_nil(mutate("pushMapValue", push:format(ids.sch_queue, 42)).error)
      assert.is_nil(mutate("pushMapValue", push:format(ids.sch_queue, 43)).error)
      local pop = ("mapId: %d, valueFormat: NUMBER"):format(ids.sch_queue)
      assert.equal("42", mutate("popMapValue", pop, "value").value)
      assert.equal("43", mutate("popMapValue", pop, "value").value)
      local empty = mutate("popMapValue", pop, "value")
      assert.is_nil(empty.value)
      assert.is_nil(empty.error)
    end)
  end)

  describe("runProgram", function()
    local function run(args)
      return support.write(("mutation { runProgram(%s) { error result duration output } }")
        :format(args)).runProgram
    end

    it("gives what the program returns and leaves", function()
      local id = object:prog("sch_filter"):info().id
      local packet = ("00"):rep(64)
      local outcome = run(('id: %d, input: "%s", times: 10'):format(id, packet))
      assert.is_nil(outcome.error)
      assert.equal(2 * (64 - 14), outcome.result) -- without the Ethernet header
      assert.equal(packet, outcome.output)
      assert.equal("number", type(outcome.duration))
    end)

    it("refuses what makes no sense, by name", function()
      local id = object:prog("sch_filter"):info().id
      assert.equal("times: 1 to 1000000, got 0", run(("id: %d, times: 0"):format(id)).error)
      assert.equal("input: hex 'abc' has an odd number of digits",
        run(('id: %d, input: "abc"'):format(id)).error)
      assert.truthy(run("id: 2000000000").error:find("2000000000", 1, true))
      assert.truthy(run(("id: %d"):format(object:prog("sch_main"):info().id)).error)
    end)
  end)

  it("detach a link", function()
    local other <close> = support.load()
    assert(other:attach("sch_next"))
    local id = other:prog("sch_next"):info().id
    local link = support.ask(("{ program(id: %d) { links { id } } }"):format(id)).program.links[1]
    assert.truthy(mutate("detachLink", ("id: %d"):format(link.id)).error) -- perf events can't be
    assert.truthy(mutate("detachLink", "id: 2000000000").error:find("2000000000", 1, true))
  end)

  it("freeze a map", function()
    local other <close> = support.load()
    local id = other:map("sch_array"):info().id
    assert.is_nil(mutate("freezeMap", ("id: %d"):format(id)).error)
    assert.is_true(support.ask(("{ map(id: %d) { frozen } }"):format(id)).map.frozen)
    assert.truthy(mutate("updateMapValue", ('mapId: %d, key: "1", value: "3", keyFormat: NUMBER, '
      .. "valueFormat: NUMBER"):format(id)).error)
  end)
end)
