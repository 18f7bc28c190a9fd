-- What the tools of stacks share: entries as lines of frames, the outermost first, as flame graphs
-- are drawn of them.

local bpf = require("bpf")
local lunette = require("lunette")

local stacks = {}

local d = lunette.decode

-- Adds the functions of a stack, the outermost first; none of one that could not be had.
local function add_frames(plan, bytes, list)
  local frames = {}
  for frame in tostring(plan:decode(bytes)):gmatch("[^;]+") do
    frames[#frames + 1] = frame:match("^([^%[].*)%+0x%x+$") or frame
  end
  for i = #frames, 1, -1 do list[#list + 1] = frames[i] end
end

local plans = setmetatable({}, { __mode = "k" })

local function plans_of(object)
  if plans[object] then return plans[object] end
  local id
  for _, map in ipairs(object:maps()) do id = map.name == "stacks" and map.id or id end
  plans[object] = { kernel = bpf.plan(d.spec(d.stack(id)), 4),
    user = bpf.plan(d.spec(d.ustack(id)), 8) }
  return plans[object]
end

--- An entry with its `stack`: the command and the frames, with semicolons between them.
function stacks.row(row, _, object)
  local found = plans_of(object)
  local list = { (row.comm:gsub("[;\n]", ":")) }
  if row.user >= 0 then add_frames(found.user, ("<i4I4"):pack(row.user, row.pid), list) end
  if row.kernel >= 0 then add_frames(found.kernel, ("<i4"):pack(row.kernel), list) end
  if #list == 1 and (row.user < -1 or row.kernel < -1) then list[2] = "[no stack]" end
  row.stack = table.concat(list, ";")
  return row
end

stacks.PID = { "pid", short = "p", set = "target_pid", help = "Trace this process only." }
stacks.KERNEL = { "kernel", short = "K", type = "flag", set = "kernel_only",
  help = "Show only frames of the kernel." }
stacks.USER = { "user", short = "U", type = "flag", set = "user_only",
  help = "Show only frames of the process." }

return stacks
