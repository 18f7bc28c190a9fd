-- Rules written for maps: for each type and shape of the fixture's maps a rule that loads and works
-- unchanged, or a sentence on why there is none.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local lunette = require("lunette")
local names = require("lunette.metrics.rule_names")
local registry = require("lunette.registry")
local rule_text = require("lunette.metrics.rule_text")
local support = require("tests.lua.metrics.support")

local OBJECTS = { "map_types", "maps", "metrics", "odd", "stream", "schema_fixture", "sorted",
  "cli", "bpftrace_maps" }

-- Types whose contents the kernel hides from a walk.
local UNREADABLE = { xskmap = true, perf_event_array = true, arena = true, bloom_filter = true,
  cgroup_array = true, task_storage = true, sk_storage = true, inode_storage = true,
  cgrp_storage = true, sockmap = true, stack_trace = true }

local function declared()
  local rules, collectors = registry.list("metric"), registry.list("collector")
  return rules[1] or collectors[#collectors]
end

describe("a written rule", function()
  local objects = {}

  before_each(support.clear)
  after_each(function()
    for _, object in ipairs(objects) do object:close() end
    objects = {}
    support.clear()
  end)

  local function maps_of(name)
    local object = assert(bpf.load(fixture.object(name)))
    objects[#objects + 1] = object
    local list = {}
    for _, map in ipairs(object:maps()) do list[#list + 1] = assert(bpf.map_info(map.id)) end
    return list
  end

  local function info_of(object, name)
    for _, info in ipairs(maps_of(object)) do
      if info.name == name then return info end
    end
  end

  local function write(info)
    local written = rule_text.write(info, lunette.decode.for_map(info))
    return (written.source:gsub("match = { name = [^\n]-},\n",
      ("match = { id = %d },\n"):format(info.id)))
  end

  local function try(source, what)
    support.clear()
    assert(load(source, "=" .. what))()
    return lunette.metrics.try(declared().name)
  end

  for _, object in ipairs(OBJECTS) do
    it("loads and works for each map of " .. object, function()
      for _, info in ipairs(maps_of(object)) do
        local ok, source = pcall(write, info)
        if ok then
          local tried = try(source, info.name)
          assert.is_nil(tried.error, ("%s: %s\n%s"):format(info.name, tried.error, source))
          assert.is_true(tried.ok, info.name)
        else
          assert.is_true(UNREADABLE[info.type], ("%s: %s"):format(info.name, source))
          assert.is_truthy(source:find(("map %d (%s): "):format(info.id, info.name), 1, true))
        end
      end
    end)
  end

  it("gives slots without a sum their bounds", function()
    assert.is_truthy(write(info_of("cli", "cli_latency")):find("buckets = { kind = ", 1, true))
  end)

  it("counts what is in a queue, which can only be taken out", function()
    local info = info_of("maps", "mt_queue")
    local map <close> = assert(bpf.map(info.id))
    for i = 1, 3 do assert(map:push(("<I4"):pack(i))) end
    local tried = try(write(info), "mt_queue")
    local all = table.concat(tried.samples, "\n")
    assert.is_truthy(tried.series > #tried.samples
      or all:find(('mt_queue_elements{id="%d"} 3'):format(info.id), 1, true), all)
  end)

  it("names which is with which where there is no number", function()
    local info = info_of("maps", "mt_outer")
    local tried = try(write(info), "mt_outer")
    assert.is_truthy(tried.samples[1]:find('^mt_outer_info{key="0",map="mt_inner %(%d+%)"} 1$'))
  end)

  it("has no label where only one key can be", function()
    local tried = try(write(info_of("maps", "maps.data")), "maps.data")
    assert.are.same({ "maps_data_total 7", "maps_data_balance -3" }, tried.samples)
  end)

  it("reads a variable that is static in a function", function()
    local tried = try(write(info_of("stream", "stream.rodata")), "stream.rodata")
    assert.is_truthy(tried.samples[1]:find('str_say_err="a complaint', 1, true))
  end)

  it("takes a column for what its name says", function()
    local function of(name, type, map, alone)
      local d = names.describe({ name = name, type = type or "u64" }, map or "flows", alone)
      return { d.name, d.type, d.unit, d.from }
    end
    assert.are.same({ "flows_packets", "counter" }, of("packets"))
    assert.are.same({ "flows_bytes", "counter", "bytes" }, of("bytes"))
    assert.are.same({ "flows_rx_bytes", "counter", "bytes" }, of("rx.bytes"))
    assert.are.same({ "flows_run", "gauge", "seconds", "ns" }, of("run_ns"))
    assert.are.same({ "flows", "gauge", "seconds", "us" }, of("us"))
    assert.are.same({ "flows_total", "counter", "seconds", "ms" }, of("total_ms"))
    assert.are.same({ "flows_packets", "gauge" }, of("packets", "i64"))
    assert.are.same({ "flows_depth", "gauge" }, of("depth"))
    assert.are.same({ "syscall_calls", "counter" }, of("value", "u64", "syscall_calls", true))
    assert.are.same({ "start", "gauge", "seconds", "ns" }, of("value", "u64", "start_ns", true))
    assert.are.same({ "map_3x", "gauge" }, of("value", "u64", "3x", true))
    assert.are.same({ "map", "gauge" }, of("value", "u64", "", true))
  end)

  it("tells apart what would come to one name", function()
    local taken = {}
    assert.are.equal("a_b", names.unique(taken, names.label("a.b")))
    assert.are.equal("a_b_2", names.unique(taken, names.label("a_b")))
    assert.are.equal("key_le", names.label("le"))
    assert.are.equal("_name", names.label("__name"))
  end)
end)
