-- Helpers of the metrics specs: an empty registry, the fixture's maps, a page as text.

local bpf = require("bpf")
local core = require("lunette.core.metrics")
local etm = require("lunette.metrics.etm")
local fixture = require("tests.lua.support.fixture")
local luassert = require("luassert")
local lunette = require("lunette")
local registry = require("lunette.registry")

local support = {}

local OFF = { programs = true, maps = true, links = true, btf = true, devagent = true,
  lunette = true }

--- The fixture's object: its maps mx_… are filled by tests.
function support.object() return assert(bpf.load(fixture.object("metrics"))) end

--- Removes every rule, every collector that is not built in, and all series' history.
function support.clear()
  local rules, collectors = registry.list("metric"), registry.list("collector")
  for i = #rules, 1, -1 do rules[i] = nil end
  for i = #collectors, 1, -1 do
    if not OFF[collectors[i].name] then table.remove(collectors, i) end
  end
  etm.clear()
  core.forget()
end

--- The page of the tested rules only.
---@param opts? table
function support.text(opts)
  opts = opts or {}
  local page = lunette.metrics.page { off = opts.off or OFF, names = opts.names,
    rules = opts.rules, deadline = opts.deadline }
  local _, streams = page:size()
  if not streams then return page:text(opts.format or "text") end
  return support.read(page:source(opts.format or "text"))
end

--- The whole text of a source.
function support.read(source)
  local handle <close> = source
  local chunks = {}
  for chunk in handle.read, handle do chunks[#chunks + 1] = chunk end
  return table.concat(chunks)
end

--- The value of a sample, as text; nil when there is none.
---@param text string
---@param sample string "name{labels}"
function support.sample(text, sample)
  for line in text:gmatch("[^\n]+") do
    if line:sub(1, #sample + 1) == sample .. " " then return line:sub(#sample + 2) end
  end
  return nil
end

--- Declares an invalid rule and returns its error.
function support.refused(spec)
  local ok, err = pcall(function() lunette.metrics.map(spec) end)
  assert(not ok, "the rule was taken")
  return tostring(err)
end

--- Compares with tests/golden/metrics/NAME; LUNETTE_GOLDEN=write writes the file.
function support.golden(name, text)
  local path = "tests/golden/metrics/" .. name
  if os.getenv("LUNETTE_GOLDEN") == "write" then
    local out <close> = assert(io.open(path, "w"))
    out:write(text)
  end
  local file <close> = assert(io.open(path))
  luassert.are.equal(file:read("a"), text)
end

return support
