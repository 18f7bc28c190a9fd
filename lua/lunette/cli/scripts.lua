-- Scripts named by --script: their decoders, rules and fields are in force for a command too.

local budget = require("lunette.core.budget")
local exit = require("lunette.cli.exit")
local interrupt = require("lunette.core.interrupt")
local registry = require("lunette.registry")
local traceback = require("lunette.cli.traceback")

local scripts = {}

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function listing(dir)
  local files = {}
  local pipe = assert(io.popen(("ls -1 %s 2>/dev/null"):format(quote(dir .. "/"))))
  for name in pipe:lines() do
    if name:match("%.lua$") then files[#files + 1] = dir .. "/" .. name end
  end
  pipe:close()
  return files
end

local function is_folder(path)
  local file = io.open(path)
  if not file then exit.fail(exit.MISSING, "%s: no such script", path) end
  local _, _, errno = file:read(0)
  file:close()
  return errno == 21 -- EISDIR
end

--- The files of a --script argument: itself, or the *.lua of a folder in order.
---@param path string
---@return string[]
function scripts.files(path)
  path = #path > 1 and path:gsub("/+$", "") or path
  if not is_folder(path) then return { path } end
  local files = listing(path)
  if #files == 0 then exit.fail(exit.MISSING, "%s: no *.lua in this folder", path) end
  return files
end

local TAIL = "%s*%[C%]: in function 'lunette%.core%.budget%.run'.*$"

-- A chunk that may take so long; its error has its own traceback.
local function limited(chunk, limits)
  return function()
    local ok, err = budget.run(limits, chunk)
    return ok, not ok and err:gsub(TAIL, "") or nil
  end
end

--- Runs one script's declarations: true, or nil and what went wrong.
---@param file string
---@param limits? { seconds?: number, instructions?: integer }
---@return boolean|nil ok, string? err
function scripts.try(file, limits)
  local chunk, err = loadfile(file)
  if not chunk then return nil, err end
  local ok, interrupted, message, late = registry.loading(file, function()
    return interrupt.call(traceback, limits and limited(chunk, limits) or chunk)
  end)
  if interrupted then exit.fail(exit.INTERRUPTED, "interrupted") end
  if not ok then return nil, message end
  if limits and not message then return nil, late end
  return true
end

--- Loads scripts; the first that fails ends the command.
---@param paths string[]|nil
function scripts.load(paths)
  for _, path in ipairs(paths or {}) do
    for _, file in ipairs(scripts.files(path)) do
      local ok, err = scripts.try(file)
      if not ok then exit.fail(exit.FAILED, "%s", err) end
    end
  end
end

return scripts
