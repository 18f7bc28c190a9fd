-- lua/meta/bpf*.lua against the C module: every function is documented, and every documented
-- function exists.

local bpf = require("bpf")

local function sources()
  local pipe = assert(io.popen("ls lua/meta/bpf*.lua"))
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

-- "bpf.progs" and "prog:info", each with the files that declare it.
local function documented()
  local found = {}
  for _, path in ipairs(sources()) do
    for line in io.lines(path) do
      local name = line:match("^function ([%w_]+[.:][%w_]+)%(")
      if name then
        local key = name:gsub("^%u%w*:", string.lower)
        assert(not found[key], name .. " is documented twice, in " .. path)
        found[key] = path
      end
    end
  end
  return found
end

-- Makes one handle of each kind, because some metatables are made with the first handle.
local function make_handles()
  for _, open in ipairs { bpf.profile, bpf.trace_log } do
    local handle <close> = open()
    assert.is_userdata(handle)
  end
  bpf.counters(0xffffffff, { "cpu_clock" })
end

-- The handles' metatables are in the registry as "lunette.tracelog" for the class TraceLog.
local function classes()
  local list = {}
  make_handles()
  for key, value in pairs(debug.getregistry()) do
    local name = type(key) == "string" and key:match("^lunette%.(%l[%l_]*)$")
    if name and name ~= "source" and type(value) == "table" and type(value.__index) == "table" then
      list[name] = value.__index
    end
  end
  return list
end

local function present()
  local found = {}
  for name, value in pairs(bpf) do
    if type(value) == "function" then found["bpf." .. name] = true end
  end
  for class, methods in pairs(classes()) do
    for name in pairs(methods) do found[class .. ":" .. name] = true end
  end
  return found
end

local function missing(from, in_)
  local list = {}
  for name in pairs(from) do
    if not in_[name] then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

describe("lua/meta", function()
  it("documents every function and method of the module", function()
    assert.same({}, missing(present(), documented()))
  end)

  it("documents nothing that is not there", function()
    assert.same({}, missing(documented(), present()))
  end)

  it("finds the handles", function()
    local found = classes()
    for _, name in ipairs { "prog", "link", "object", "stats", "sampler" } do
      assert.is_table(found[name])
    end
  end)
end)

describe("lua/meta/attach.lua", function()
  it("documents what scripts have of where programs hang, and nothing else", function()
    local lunette, told, have = require("lunette"), {}, {}
    for line in io.lines("lua/meta/attach.lua") do
      local name = line:match("^function ([%w_]+%.[%w_]+)%(")
      if name then told[name] = true end
    end
    for _, module in ipairs { "attach", "leaks" } do
      for name in pairs(lunette[module]) do have[module .. "." .. name] = true end
    end
    assert.same(have, told)
  end)
end)
