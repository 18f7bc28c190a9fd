-- The module require("lunette"). Each part is loaded at its first use, so that a script that only
-- decodes loads nothing else.

local registry = require("lunette.registry")
local strict = require("lunette.runtime.strict")

local lunette = { version = "0.1.0" }

local parts = {
  decode = "lunette.decode",
  metrics = "lunette.metrics",
  graphql = "lunette.graphql",
  http = "lunette.http",
  ui = "lunette.ui",
  attach = "lunette.attach",
  leaks = "lunette.leaks",
  table = "lunette.table",
  tools = "lunette.tool",
  history = "lunette.history",
  hosts = "lunette.hosts",
  sampler = "lunette.sampler",
  json = "lunette.runtime.json",
  u64 = "lunette.runtime.u64",
  log = "lunette.runtime.log",
  shared = "lunette.runtime.shared",
  inspect = "lunette.runtime.inspect",
}

--- Declares a decoder: shorthand for lunette.decode.declare.
function lunette.decoder(spec) return lunette.decode.declare(spec) end

--- Declares a tool: a BPF program with its options and columns (lua/meta/tool.lua).
---@param spec table
---@return table
function lunette.tool(spec) return lunette.tools.declare(spec) end

--- Holds a BPF object for the process: loads the file once, attaches its programs (or runs
--- setup(object)), keeps it over reloads of scripts, and lets go of it with the script.
---@param name string
---@param file string an object file beside the script, or a path
---@param setup? function|table
---@return table
function lunette.load(name, file, setup)
  local held = require("lunette.runtime.load").declare(name, file, setup)
  return held -- no tail call: an error names its caller
end

--- Declares a service: fn(svc) runs once in the process, in a VM of its own.
---@param name string
---@param fn fun(svc: table)
function lunette.service(name, fn)
  if type(name) ~= "string" then error("service: the name must be a string", 2) end
  if type(fn) ~= "function" then error("service '" .. name .. "': needs a function", 2) end
  return registry.declare("service", { name = name, run = fn })
end

--- Sleeps. A service should use svc:sleep(), which ends early when the service must stop.
---@param seconds number
function lunette.sleep(seconds) require("lunette.core.budget").sleep(seconds) end

--- Seconds of the monotonic clock, for durations; os.time() changes with the date.
---@return number
function lunette.now() return require("lunette.core.budget").now() end

--- The topic of that name: publish and subscribe between VMs and clients, with limits.
---@param name string
function lunette.topic(name) return require("lunette.runtime.topic").open(name) end

-- Where a build puts the output of a script's folder: beside the binary.
local function built(files, dir, name)
  local build = os.getenv("LUNETTE_BUILD") or files.binary():match("^(.*)/")
  return ("%s/%s/%s"):format(build, dir:match("examples.*$") or dir, name)
end

--- Finds a file for a script: beside the script, or in the build's output (BPF objects).
---@param name string
---@return string path
function lunette.path(name)
  local files, tried = require("lunette.core.files"), {}
  for _, dir in ipairs(require("lunette.runtime.scripts").places()) do
    for _, path in ipairs { name:sub(1, 1) == "/" and name or dir .. "/" .. name,
      built(files, dir, name) } do
      if files.kind(path) == "file" then return path end
      tried[#tried + 1] = path
    end
  end
  if #tried == 0 then tried[1] = "no folder: no script is loaded" end
  error(("%s: not found (looked for %s)"):format(name, table.concat(tried, ", ")), 2)
end

return setmetatable(lunette, {
  parts = parts, -- for completion in the REPL
  __index = function(self, name)
    local module = parts[name]
    if not module then
      local names = {}
      for _, set in ipairs { parts, self } do
        for known in next, set do names[known] = true end
      end
      error(("lunette has no '%s'%s"):format(tostring(name), strict.hint(name, names)), 2)
    end
    local part = require(module)
    rawset(self, name, part)
    return part
  end,
})
