-- Runs tools under a load.

local assert = require("luassert")
local fixture = require("tests.lua.support.fixture")
local tools = require("lunette").tools

local tool = {}

-- A tool may need what came after Linux 5.10: then its own words are the reason of the skip.
local function open(name, values)
  local running, err = tools.open(assert(tools.find(name)), values)
  if not running and not fixture.since(5, 15) then pending(err) end -- luacheck: globals pending
  return assert(running, err)
end

--- The rows of a tool with events, as JSON shows them, while the shell runs a command.
---@param name string
---@param values table parameters
---@param command string
---@param keep fun(row: table): boolean
---@return table[]
function tool.rows_of(name, values, command, keep)
  local running <close> = open(name, values)
  fixture.run("%s", command)
  local rows = {}
  for _ = 1, 200 do
    local batch = assert(running:read(0.01))
    for _, row in ipairs(batch) do
      if keep(row) then rows[#rows + 1] = running:shown(row) end
    end
    if #batch == 0 then break end
  end
  assert.are.equal(0, running:lost())
  return rows
end

--- The entries of a tool with a map, after the shell ran a command.
---@param name string
---@param values table
---@param command string
---@return table[]
function tool.entries_of(name, values, command)
  local running <close> = open(name, values)
  fixture.run("%s", command)
  running.object:detach()
  assert.are.equal(0, running:lost() or 0)
  return assert(running:entries())
end

--- The histograms of a tool, after the shell ran a command.
function tool.histograms_of(name, values, command)
  local running <close> = open(name, values)
  fixture.run("%s", command)
  return assert(running:histograms())
end

--- A copy of a program under a name of its own; closing removes it.
---@param of string
---@param name string
---@return { path: string, comm: string }
function tool.own_program(of, name)
  local path = os.tmpname()
  os.remove(path)
  path = path .. "-" .. name
  fixture.run("cp %s %s", of, path)
  return setmetatable({ path = path, comm = path:match("[^/]*$"):sub(1, 15) },
    { __close = function() os.remove(path) end })
end

return tool
