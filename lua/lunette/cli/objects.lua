-- Finds kernel objects by the words on a command line: an id, a name, a pin's path, for programs
-- also a tag.

local bpf = require("bpf")
local exit = require("lunette.cli.exit")

local objects = {}

local ENOENT, EINVAL = 2, 22

local KINDS = {
  prog = { word = "program", list = bpf.progs, info = bpf.prog_info },
  map = { word = "map", list = bpf.maps, info = bpf.map_info },
  link = { word = "link", list = bpf.links, info = bpf.link_info },
  btf = { word = "BTF object", list = bpf.btfs, info = bpf.btf_info },
}

--- For --help.
objects.HELP = "Its id, its name, or the path of a pin."

--- Ends the command with one line when the kernel would refuse to list objects.
function objects.need_admin()
  local proc <close> = io.open("/proc/self/status")
  if not proc then exit.fail(exit.FAILED, "there is no /proc: mount -t proc proc /proc") end
  if bpf.host().capabilities.sys_admin then return end
  exit.fail(exit.DENIED,
    "the kernel shows BPF objects only to root: CAP_SYS_ADMIN is missing (try sudo)")
end

local function by_pin(kind, path)
  local pin, err, errno = bpf.pinned(path)
  if not pin and (errno == ENOENT or errno == EINVAL) then exit.fail(exit.MISSING, "%s", err) end
  exit.check(pin, err)
  if pin.kind == kind then return pin.id end
  exit.fail(exit.USAGE, "%s: is a pin of a %s, not of a %s", path, KINDS[pin.kind].word,
    KINDS[kind].word)
end

local KEPT = 15 -- characters of a name that the kernel keeps

-- How well an object matches a name: "sure"; "maybe" when the kernel's cut name matches and no full
-- name is known.
local function has_name(kind, info, name)
  if info.name == name or info.full_name == name or info.tag == name then return "sure" end
  if kind == "prog" and info.kernel_name == name then return "maybe" end
  if kind == "map" and not info.full_name and #info.name == KEPT
    and name:sub(1, KEPT) == info.name then return "maybe" end
  return "no"
end

local function whole(info) return info.full_name or info.name end

local function ids_of(list, name)
  local texts = {}
  for i, info in ipairs(list) do
    local full = whole(info)
    texts[i] = full and full ~= name and ("%d (%s)"):format(info.id, full) or tostring(info.id)
  end
  return table.concat(texts, ", ")
end

local function by_name(kind, name)
  local found = { sure = {}, maybe = {}, no = {} }
  for _, info in ipairs(exit.check(KINDS[kind].list())) do
    table.insert(found[has_name(kind, info, name)], info)
  end
  local list = #found.sure > 0 and found.sure or found.maybe
  if #list == 1 then return list[1].id end
  if #list == 0 then exit.fail(exit.MISSING, "no %s is called '%s'", KINDS[kind].word, name) end
  exit.fail(exit.USAGE, "several %ss %s called '%s': give one of the ids %s", KINDS[kind].word,
    list == found.sure and "are" or "may be", name, ids_of(list, name))
end

local function by_id(kind, word)
  local id = tonumber(word) -- the kernel assigns ids from 1 to 2^31 - 1
  local info, err, errno
  if id >= 1 and id < 2 ^ 31 then info, err, errno = KINDS[kind].info(id) else errno = ENOENT end
  if info then return id end
  if errno == ENOENT then
    exit.fail(exit.MISSING, "no %s has the id %s", KINDS[kind].word, word)
  end
  exit.check(nil, err)
end

--- The id that a word names; ends the command when there is none.
---@param kind "prog"|"map"|"link"|"btf"
---@param word string
---@return integer
function objects.id(kind, word)
  objects.need_admin()
  if word:match("^%d+$") then return by_id(kind, word) end
  if word:find("/", 1, true) then return by_pin(kind, word) end
  return by_name(kind, word)
end

--- A handle on the map that a word names.
---@param word string
---@return userdata map, table info
function objects.map(word)
  local id = objects.id("map", word)
  local map, err, errno = bpf.map(id)
  if not map and errno == 2 then exit.fail(exit.MISSING, "no map has the id %d", id) end
  return exit.check(map, err), exit.check(map:info())
end

return objects
