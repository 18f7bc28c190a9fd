-- Loads scripts given by --script: their decoders, rules and fields apply to the command.

local budget = require("lunette.core.budget")
local exit = require("lunette.cli.exit")
local found = require("lunette.runtime.scripts")
local interrupt = require("lunette.core.interrupt")
local registry = require("lunette.registry")
local traceback = require("lunette.cli.traceback")

local scripts = {}

--- The limits of loading a script: the defaults of `serve`.
scripts.LIMITS = { seconds = 10 }

--- The message for a folder without scripts.
function scripts.none(path) return path .. ": no *.lua in this folder" end

--- The files of a --script argument; ends the command when there are none.
---@param path string
---@return string[]
function scripts.files(path)
  local files, err = found.files(path)
  if not files then exit.fail(exit.MISSING, "%s", err) end
  if #files == 0 then exit.fail(exit.MISSING, "%s", scripts.none(path)) end
  return files
end

local TAIL = "%s*%[C%]: in function 'lunette%.core%.budget%.run'.*$"

-- Wraps a chunk with a time limit; its error has its own traceback.
local function limited(chunk, limits)
  return function()
    local ok, err = budget.run(limits, chunk)
    return ok, not ok and err:gsub(TAIL, "") or nil
  end
end

--- Runs one script: true, or nil and the error.
---@param file string
---@param limits? { seconds?: number, instructions?: integer }
---@return boolean|nil ok, string? err
function scripts.try(file, limits)
  local chunk, err = found.chunk(file)
  if not chunk then return nil, err end
  local ok, interrupted, message, late = registry.loading(file, function()
    return interrupt.call(traceback, limits and limited(chunk, limits) or chunk)
  end)
  if interrupted then exit.fail(exit.INTERRUPTED, "interrupted") end
  if not ok then return nil, message end
  if limits and not message then return nil, late end
  return true
end

--- Loads scripts; the first failure ends the command.
---@param paths string[]|nil
function scripts.load(paths)
  for _, path in ipairs(paths or {}) do
    for _, file in ipairs(scripts.files(path)) do
      local ok, err = scripts.try(file, scripts.LIMITS)
      if not ok then exit.fail(exit.FAILED, "%s", err) end
    end
  end
end

return scripts
