-- bpftrace as a source of maps: runs a script, and finds the maps that it made.

local bpf = require("bpf")
local decode = require("lunette.decode")
local lunette = require("lunette")

local bpftrace = {}

local PATIENCE = 30 -- seconds for bpftrace to load its programs
local STEP = 0.1
local GRACE = 10 -- seconds for bpftrace to print its maps

local Script = {}
Script.__index = Script

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Starts bpftrace; what it prints goes where our output goes.
---@param words string[] its arguments: a file, or "-e" and a text
---@return table|nil script, string? err
function bpftrace.start(words)
  local list = {}
  for i, word in ipairs(words) do list[i] = quoted(word) end
  local path = os.tmpname() -- tells the process id, which popen does not
  local pipe, err = io.popen(("echo $$ > %s; exec bpftrace %s"):format(quoted(path),
    table.concat(list, " ")), "w")
  if not pipe then return nil, err end
  local self = setmetatable({ pipe = pipe, path = path }, Script)
  local stop = lunette.now() + PATIENCE
  repeat
    local f <close> = io.open(path)
    self.pid = f and f:read("n")
    if not self.pid then lunette.sleep(STEP) end
  until self.pid or lunette.now() > stop
  return self
end

--- Whether bpftrace runs.
function Script:runs()
  if not self.pid then return false end
  local f <close> = io.open(("/proc/%d/stat"):format(self.pid))
  local state = f and f:read("a"):match("%) (%a)")
  return state ~= nil and state ~= "Z"
end

--- The maps of the script, by name: what bpftrace needs for itself is left out.
---@return bpf.MapInfo[]
function Script:maps()
  local list, seen = {}, {}
  for _, owner in ipairs(bpf.owners { pid = self.pid } or {}) do
    local new = owner.kind == "map" and not seen[owner.id]
    local info = new and bpf.map_info(owner.id)
    seen[owner.id] = seen[owner.id] or new
    if info and decode.for_map(info).bpftrace then list[#list + 1] = info end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- Waits until the maps are there and their number stays, or bpftrace ended.
---@return bpf.MapInfo[]
function Script:wait()
  local stop, before = lunette.now() + PATIENCE, -1
  while self:runs() and lunette.now() < stop do
    local maps = self:maps()
    if #maps > 0 and #maps == before then return maps end
    before = #maps
    lunette.sleep(0.5)
  end
  return self:maps()
end

--- Lua rules that export the maps as metrics, and why some can't be.
---@param maps bpf.MapInfo[]
---@param write fun(info: table, decoder: table): { source: string }
---@return string source, string[] refusals
function bpftrace.rules(maps, write)
  local parts, refused = {}, {}
  for _, info in ipairs(maps) do
    local ok, rule = pcall(write, info, decode.for_map(info))
    if ok then parts[#parts + 1] = ("do\n%send\n"):format(rule.source)
    else refused[#refused + 1] = tostring(rule) end
  end
  return table.concat(parts, "\n"), refused
end

--- Ends bpftrace, which prints its maps; kills it when it does not end. As io.popen's close().
---@return boolean|nil ok, string? how, integer? code
function Script:close()
  if not self.pipe then return true end
  os.remove(self.path)
  if self.pid and self:runs() then
    os.execute("kill -INT " .. self.pid)
    local stop = lunette.now() + GRACE
    while self:runs() and lunette.now() < stop do lunette.sleep(STEP) end
    if self:runs() then os.execute("kill -KILL " .. self.pid) end
  end
  local pipe = self.pipe
  self.pipe = nil
  return pipe:close()
end

Script.__close = Script.close

return bpftrace
