-- The rows of the attach view: links with their targets, and perf events without a link.

local targets = require("lunette.schema.targets")

local attachments = {}

local function of_link(link, k)
  local place = targets.place_of_link(link) or {}
  return {
    prog_id = link.prog_id ~= 0 and link.prog_id or nil,
    kind = link.perf_type or link.type or "?",
    target = targets.of_link(link, k) or "",
    how = "link",
    attach_type = link.attach_type,
    link = link,
    interface = place.interface,
    cgroup = place.cgroup,
  }
end

local function of_task(task)
  return {
    prog_id = task.prog_id,
    kind = task.type:lower(),
    target = task.name or "",
    how = "fd",
    task = task,
  }
end

-- A perf event that belongs to a link is told by the link.
local function linked(k, prog_id)
  for _, link in ipairs(k:having("link", "prog_id", prog_id)) do
    if link.type == "perf_event" or link.type == "raw_tracepoint" then return true end
  end
  return false
end

--- Every attachment that can be seen, made once a request.
---@param k table
---@return table[]
function attachments.list(k)
  if k.attached then return k.attached end
  local list = {}
  for _, link in ipairs(k:list("link")) do list[#list + 1] = of_link(link, k) end
  for _, task in ipairs(k:tasks()) do
    if not linked(k, task.prog_id) then list[#list + 1] = of_task(task) end
  end
  k.attached = list
  return list
end

return attachments
