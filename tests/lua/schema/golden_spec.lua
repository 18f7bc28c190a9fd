-- A whole answer over the fixture, compared with tests/golden/graphql.json; ids are replaced by
-- names. LUNETTE_UPDATE=1 writes the file.

local json = require("lunette.runtime.json")
local support = require("tests.lua.schema.support")

local PATH = "tests/golden/graphql.json"

local MAPS = { "sch_hash", "sch_points", "sch_percpu", "sch_hist", "sch_array", "sch_queue",
  "sch_ring", "sch_progs", "sch_inner", "sch_outer" }

local QUERY = [[query ($program: Int!, $maps: [Int!]) {
  program(id: $program) { id error name type kernelType runCount verifierLog isPinned pins own
    gplCompatible user ifindex attachTo tasks { pid } maps { name }
    tailCalls { index via { name } program { name } }
    functions { name start } }
  maps(filter: { ids: $maps }) { id error name type kernelType flags flagNames isPinned pins keySize
    valueSize maxEntries isPerCPU isLookupSupported unreadable entriesCount own frozen
    entries(keyFormat: NUMBER, valueFormat: NUMBER, limit: 2) { key value cpuValues }
    keyType { kind name size } valueType { kind name size }
    fill { entries capacity ratio unit why } decoder { name key { name type } value { name type } }
    table(first: 2, cpus: SUM) { columns { name type part numeric } rows { key cells error } matched
      scanned restarted truncated note pageInfo { hasNextPage } }
    histogram { label total buckets { from to count } } programs { name }
    innerMaps { key map { name } } outerMaps { name } } }]]

local function u32(n) return ("<I4"):pack(n) end
local function u64(n) return ("<I8"):pack(n) end

local function fill(object)
  object:map("sch_hash"):update(u32(7), u64(-2))
  object:map("sch_points"):update(u32(1) .. u32(2), "here" .. ("\0"):rep(12))
  local values = {}
  for cpu = 1, (require("bpf").cpus()) do values[cpu] = u64(cpu == 1 and 5 or 0) end
  object:map("sch_percpu"):update("bash" .. ("\0"):rep(12), values)
  object:map("sch_hist"):update(u32(1), u32(3) .. u32(0) .. u32(4) .. ("\0"):rep(52))
  object:map("sch_array"):update(u32(1), "\9")
  object:map("sch_queue"):push(u32(11))
  object:map("sch_progs"):update(u32(1), u32(object:prog("sch_next"):fd()))
end

-- Replaces ids by names, also in maps' values and in texts that a decoder made; several equal CPU
-- values by one. An id may be of a program and of a map, and a number may equal an id: so each
-- place states whose ids it has.
local function plain(value, names, held, key)
  if key == "id" then return names[value] or value end
  if key == "value" and held[tonumber(value)] then return held[tonumber(value)] end
  if key == "cpuValues" then return json.array { value[1] } end
  if type(value) == "string" then
    return (value:gsub("%((%d+)%)", function(id)
      return ("(%s)"):format(held[tonumber(id)] or id)
    end))
  end
  if type(value) ~= "table" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for name, part in pairs(value) do copy[name] = plain(part, names, held, name) end
  return copy
end

-- The whole answer: a program, and maps, of which one holds programs and one holds maps.
local function plain_answer(data, programs, maps)
  local copy = setmetatable({}, getmetatable(data))
  copy.program = plain(data.program, programs, {})
  copy.maps = setmetatable({}, getmetatable(data.maps))
  local held = { sch_progs = programs, sch_outer = maps }
  for i, map in ipairs(data.maps) do copy.maps[i] = plain(map, maps, held[map.name] or {}) end
  return copy
end

-- One member per line, so that a diff shows the change.
local function pretty(text)
  local depth, out, quoted = 0, {}, false
  local function line() out[#out + 1] = "\n" .. ("  "):rep(depth) end
  local at = 1
  while at <= #text do
    local char = text:sub(at, at)
    if quoted then
      if char == "\\" then
        char = text:sub(at, at + 1)
        at = at + 1
      elseif char == '"' then
        quoted = false
      end
      out[#out + 1] = char
    elseif char == '"' then
      quoted = true
      out[#out + 1] = char
    elseif char == "{" or char == "[" then
      depth = depth + 1
      out[#out + 1] = char
      if not text:sub(at + 1, at + 1):match("[%]}]") then line() end
    elseif char == "}" or char == "]" then
      depth = depth - 1
      if not text:sub(at - 1, at - 1):match("[%[{]") then line() end
      out[#out + 1] = char
    else
      out[#out + 1] = char
      if char == "," then line() end
    end
    at = at + 1
  end
  return table.concat(out) .. "\n"
end

describe("the answer over the fixture", function()
  it("is the one that is kept", function()
    local object <close> = support.load()
    fill(object)
    local programs, maps, ids = {}, {}, {}
    for i, name in ipairs(MAPS) do
      ids[i] = object:map(name):info().id
      maps[ids[i]] = name
    end
    local main = object:prog("sch_main"):info().id
    programs[main], programs[object:prog("sch_next"):info().id] = "sch_main", "sch_next"
    local data = support.ask(QUERY, { program = main, maps = ids })
    local answer = pretty(json.encode(plain_answer(data, programs, maps)))
    if os.getenv("LUNETTE_UPDATE") then
      local file <close> = assert(io.open(PATH, "w"))
      file:write(answer)
    end
    local file <close> = assert(io.open(PATH))
    assert.equal(file:read("a"), answer)
  end)
end)
