-- Explains why a map can't be read or written in some way: a property of its type, or the kernel's
-- error.

local bpf = require("bpf")
local exit = require("lunette.cli.exit")
local names = require("lunette.names")

local refusal = {}

local ENOENT, E2BIG, EBADF, EINVAL, ENOTSOCK = 2, 7, 9, 22, 88

local QUEUES = { queue = true, stack = true }

--- Ends the command with a message that names the map once.
---@param id integer
---@param err string
function refusal.named(id, err)
  local name = ("map %d: "):format(id)
  if err:sub(1, #name) ~= name then err = name .. err end
  exit.fail(exit.code_of(err), "%s", err)
end

--- Ends the command where the map has no keys.
---@param info bpf.MapInfo
function refusal.without_keys(info)
  if info.key_size > 0 then return end
  exit.fail(exit.FAILED, "map %d is %s: it has no keys", info.id, names.a(info.type))
end

--- Ends the command where the map has no next element.
---@param info bpf.MapInfo
---@param bloom boolean? may it be a bloom filter?
function refusal.without_queue(info, bloom)
  if QUEUES[info.type] or bloom and info.type == "bloom_filter" then return end
  local why = info.key_size == 0 and bpf.unreadable(info)
  if why then exit.fail(exit.FAILED, "map %d: %s", info.id, why) end
  exit.fail(exit.FAILED, "map %d is %s: no queue or stack", info.id, names.a(info.type))
end

-- Explains the kernel's error for a key; nil when the kernel's own message is enough.
local function reason(info, errno, key)
  if info.type:find("_storage$") and (errno == EBADF or errno == ENOTSOCK) then
    return "its keys are descriptors that this process would have to hold"
  end
  local is_slot = errno == EINVAL or errno == E2BIG or errno == ENOENT
  if not is_slot or info.key_size ~= 4 or info.type:find("hash") then return nil end
  local slot = ("<I4"):unpack(key)
  if info.max_entries > 0 and slot >= info.max_entries then
    return ("it has no slot %d, only 0 to %d"):format(slot, info.max_entries - 1)
  end
  local plain = info.type == "array" or info.type == "percpu_array"
  return plain and errno == EINVAL and "the entries of an array can't be removed" or nil
end

--- Ends the command with the kernel's error for a key.
---@param info bpf.MapInfo
---@param key string
---@param err string
---@param errno integer|nil
function refusal.key(info, key, err, errno)
  local why = reason(info, errno, key)
  if why then exit.fail(exit.FAILED, "map %d: %s", info.id, why) end
  if errno == nil or errno == ENOENT then
    exit.fail(exit.MISSING, "map %d has no such key", info.id)
  end
  exit.fail(exit.code_of(err), "%s", err)
end

return refusal
