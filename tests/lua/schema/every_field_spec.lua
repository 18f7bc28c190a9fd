-- Queries every field of the schema, with the real kernel: the fixture's objects in depth, all
-- others briefly. Nothing may fail, and no non-null field may be null.

local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")

local function named(t)
  while t.ofType and t.ofType ~= json.null do t = t.ofType end
  return t
end

local function required(argument)
  return argument.type.kind == "NON_NULL" and argument.defaultValue == nil
end

local function load_types()
  local TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }"
  local data = support.ask(([[{ __schema { types { name kind description
    fields(includeDeprecated: true) { name description
      args { name description defaultValue type { %s } } type { %s } }
    inputFields { name description } enumValues { name description } } } }]])
    :format(TYPE, TYPE))
  local types = {}
  for _, t in ipairs(data.__schema.types) do types[t.name] = t end
  return types
end

describe("the schema", function()
  local types, object, ids

  setup(function()
    types, object = load_types(), support.load()
    assert(object:attach())
    object:map("sch_hash"):update(("<I4"):pack(1), ("<I8"):pack(2))
    ids = { main = object:prog("sch_main"):info().id }
    for _, name in ipairs { "sch_hash", "sch_percpu", "sch_queue", "sch_ring", "sch_outer",
      "sch_progs" } do
      ids[#ids + 1] = object:map(name):info().id
    end
  end)

  teardown(function() object:close() end)

  -- All fields of a type without required arguments, and those of its objects, to a depth.
  local function selection(name, depth, skip)
    local parts = {}
    if types[name].kind ~= "OBJECT" then return "" end
    for _, field in ipairs(types[name].fields) do
      local of = types[named(field.type).name]
      local needs = false
      for _, argument in ipairs(field.args) do needs = needs or required(argument) end
      if not needs and not skip[field.name] then
        if of.kind ~= "OBJECT" then
          parts[#parts + 1] = field.name
        elseif depth > 0 then
          parts[#parts + 1] = field.name .. " " .. selection(of.name, depth - 1, skip)
        end
      end
    end
    return #parts > 0 and "{ " .. table.concat(parts, " ") .. " }" or "{ __typename }"
  end

  local function no_errors(source)
    local result = support.run(source)
    local wrong = {}
    for _, err in ipairs(result.errors or {}) do
      wrong[#wrong + 1] = err.message .. " at " .. json.encode(err.path or {})
    end
    assert.same({}, wrong)
    return result.data
  end

  it("answers every field of a program", function()
    local data = no_errors(("{ program(id: %d) %s }"):format(ids.main, selection("Program", 1, {})))
    assert.equal("sch_main", data.program.name)
    assert.truthy(#data.program.instructions > 5)
  end)

  it("answers every field of maps of several kinds", function()
    for _, id in ipairs(ids) do
      local skip = { functions = true, instructions = true, native = true, cfg = true,
        metricRule = true }
      local data = no_errors(("{ map(id: %d) %s }"):format(id, selection("Map", 2, skip)))
      assert.equal(id, data.map.id)
    end
  end)

  it("answers every field of the query, over all that is there", function()
    local heavy = { functions = true, instructions = true, native = true, cfg = true,
      table = true, entries = true, entriesCount = true, metricRule = true, types = true,
      graph = true, histogram = true }
    for _, field in ipairs(types.Query.fields) do
      local needs = false
      for _, argument in ipairs(field.args) do needs = needs or required(argument) end
      if not needs then
        local t = named(field.type)
        no_errors(("{ %s %s }"):format(field.name, selection(t.name, 1, heavy)))
      end
    end
  end)

  it("draws the graph of the fixture", function()
    local data = no_errors(('{ graph(from: "prog:%d", depth: 1) { nodes { id kind label detail '
      .. "program { id } map { id } } edges { from to kind } } }"):format(ids.main))
    local labels = {}
    for _, node in ipairs(data.graph.nodes) do labels[node.label] = node end
    assert.equal("PROGRAM", labels.sch_main.kind)
    assert.equal("MAP", labels.sch_hash.kind)
    assert.equal("Hash", labels.sch_hash.detail)
    local kinds = {}
    for _, edge in ipairs(data.graph.edges) do kinds[edge.kind] = true end
    assert.is_true(kinds.USES)
    assert.is_true(kinds.HOLDS)
    assert.is_true(kinds.OWNS)
  end)

  it("describes everything", function()
    local bare = {}
    local function check(what, item)
      if not item.description or item.description == json.null or item.description == "" then
        bare[#bare + 1] = what
      end
    end
    for name, t in pairs(types) do
      if not name:match("^__") then
        check(name, t)
        for _, list in ipairs { t.fields or {}, t.inputFields or {}, t.enumValues or {} } do
          for _, item in ipairs(list) do
            check(name .. "." .. item.name, item)
            for _, argument in ipairs(item.args or {}) do
              check(("%s.%s(%s)"):format(name, item.name, argument.name), argument)
            end
          end
        end
      end
    end
    assert.same({}, bare)
  end)
end)
