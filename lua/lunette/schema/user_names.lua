-- Names of user ids from /etc/passwd, read again after some time.

local user_names = {}

local KEEP = 60 -- seconds

local names, read_at = {}, nil

local function read()
  names, read_at = {}, os.time()
  local file <close> = io.open("/etc/passwd")
  if not file then return end
  for line in file:lines() do
    local name, uid = line:match("^([^:]+):[^:]*:(%d+):")
    if name then names[tonumber(uid)] = names[tonumber(uid)] or name end
  end
end

--- The user's name, or nil.
---@param uid integer
---@return string|nil
function user_names.name(uid)
  if not read_at or os.time() - read_at > KEEP then read() end
  return names[uid]
end

return user_names
