-- Gives every argument of the schema null, the limits of its range and values of other types. The
-- answer is a value or a sentence for users: never a message of the Lua runtime or a place in a Lua
-- file.

local graphql = require("lunette.graphql")
local json = require("lunette.runtime.json")
local registry = require("lunette.registry")
local support = require("tests.lua.schema.support")
local ui = require("lunette.ui")

local VALUES = {
  "null", "0", "-1", "1", "2147483647", "-2147483648", "9223372036854775808", "0.5", "1e300", '""',
  '"x"', '"@1"', '"\\u0000"', "true", "[]", "[null]", "[0]", "{}", "{ column: null }", "NOPE",
}

-- Texts that only the Lua runtime writes.
local OWN = { "%.lua:%d", "%[string ", "attempt to ", "bad argument", "stack traceback",
  "nil value", "table: 0x", "Invalid argument",
  "number has no integer", "malformed " }

local TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }"

local function named(t)
  while t.ofType and t.ofType ~= json.null do t = t.ofType end
  return t
end

local function load_types()
  local data = support.ask(([[{ __schema { types { name kind
    fields(includeDeprecated: true) { name args { name defaultValue type { %s } } type { %s } }
    inputFields { name type { %s } } } } }]]):format(TYPE, TYPE, TYPE))
  local types = {}
  for _, t in ipairs(data.__schema.types) do types[t.name] = t end
  return types
end

-- Queries that reach an object of a type; %s is the selection on it.
local PATHS = {
  Program = "{ program(id: PROG) %s }", Map = "{ map(id: HASH) %s }", Link = "{ links %s }",
  Btf = "{ btfs %s }", Process = "{ processes %s }", Interface = "{ interfaces %s }",
  Cgroup = "{ cgroups %s }", Attachment = "{ attachments %s }", Sampler = "{ sampler %s }",
  MetricRule = "{ metricRules %s }",
  Page = "{ pages %s }", Panel = "{ panels %s }", Query = "%s", Mutation = "mutation %s",
  Subscription = "subscription %s", ProgramRate = "{ program(id: PROG) { rate %s } }",
}

-- Sensible values of required arguments, by name.
local GIVEN = {
  id = "HASH", mapId = "HASH", key = '"01000000"', keys = '["01000000"]', value = '"0"',
  values = '["0"]', keyFormat = "HEX", valueFormat = "HEX", path = '"x"', name = '"x"',
  source = '"1"', kind = "MAP", fromType = "MAP", from = "HASH", pid = "1", seconds = "1",
}

describe("arguments", function()
  local types, object, ids

  setup(function()
    ui.page("arguments_page", { title = "Page", view = function(of) return of.text "page" end })
    ui.panel("arguments_panel", { title = "Panel", place = "map",
      view = function(of) return of.text "panel" end })
    types, object = load_types(), support.load()
    ids = { PROG = object:prog("sch_main"):info().id, HASH = object:map("sch_hash"):info().id }
  end)

  teardown(function()
    object:close()
    for _, kind in ipairs { "page", "panel" } do
      local list = registry.list(kind)
      for i = #list, 1, -1 do
        if list[i].name:find("^arguments_") then table.remove(list, i) end
      end
    end
    support.write('mutation { setSampler(mode: "watch", interval: 1, window: 0.1) { error } }')
  end)

  local function answer(source)
    source = source:gsub("%f[%w]PROG%f[%W]", ids.PROG):gsub("%f[%w]HASH%f[%W]", ids.HASH)
    local request = { schema = support.schema(), source = source,
      context = { cache = {}, can_write = true, can_eval = true } }
    if not source:find("^subscription") then return graphql.execute(request), source end
    local stream = graphql.subscribe(request)
    if not graphql.is_stream(stream) then return stream, source end
    local event = stream.source.map and not stream.source.topic and stream:event()
    stream:close()
    return event or {}, source
  end

  local function check(source, wrong)
    local result, asked = answer(source)
    local text = json.encode(result)
    for _, pattern in ipairs(OWN) do
      if text:find(pattern) then wrong[asked .. "\n  " .. text:sub(1, 300)] = true end
    end
  end

  local function selection(field)
    local of = types[named(field.type).name]
    local fields = (of.kind == "OBJECT" or of.kind == "INTERFACE") and of.fields
    if not fields then return "" end
    local parts = { "__typename" }
    for _, one in ipairs(fields) do
      local kind = types[named(one.type).name].kind
      local needs = false
      for _, argument in ipairs(one.args) do
        needs = needs or argument.type.kind == "NON_NULL"
      end
      if not needs and kind ~= "OBJECT" and #one.args == 0 then parts[#parts + 1] = one.name end
    end
    return "{ " .. table.concat(parts, " ") .. " }"
  end

  local function asked_with(field, name, value)
    local parts = {}
    for _, argument in ipairs(field.args) do
      if argument.name == name then
        parts[#parts + 1] = name .. ": " .. value
      elseif argument.type.kind == "NON_NULL" then
        parts[#parts + 1] = ("%s: %s"):format(argument.name, GIVEN[argument.name] or "null")
      end
    end
    return ("{ %s(%s) %s }"):format(field.name, table.concat(parts, ", "), selection(field))
  end

  -- Values, and the same inside lists and fields of the argument's type.
  local function values_of(argument)
    local values = table.move(VALUES, 1, #VALUES, 1, {})
    local input = types[named(argument.type).name]
    for _, field in ipairs(input.kind == "INPUT_OBJECT" and input.inputFields or {}) do
      for _, value in ipairs(VALUES) do
        local required = ""
        for _, other in ipairs(input.inputFields) do
          if other.type.kind == "NON_NULL" and other.name ~= field.name then
            required = required .. other.name .. ': "key" '
          end
        end
        values[#values + 1] = ("{ %s %s: %s }"):format(required, field.name, value)
        values[#values + 1] = ('{ column: "key" %s: %s }'):format(field.name, value)
      end
    end
    return values
  end

  it("of every field have a path here", function()
    local missing = {}
    for name, t in pairs(types) do
      for _, field in ipairs(not name:find("^__") and t.kind == "OBJECT" and t.fields or {}) do
        if #field.args > 0 and not PATHS[name] then missing[name] = true end
      end
    end
    assert.same({}, missing)
  end)

  for name, path in pairs(PATHS) do
    it("of " .. name .. " are refused in words", function()
      local wrong = {}
      for _, field in ipairs(types[name].fields) do
        for _, argument in ipairs(field.args) do
          for _, value in ipairs(values_of(argument)) do
            check(path:format(asked_with(field, argument.name, value)), wrong)
          end
        end
      end
      local list = {}
      for text in pairs(wrong) do list[#list + 1] = text end
      table.sort(list)
      assert.equal("", table.concat(list, "\n"))
    end)
  end
end)
