-- The maps of every type in tests/bpf/maps.bpf.c and map_types.bpf.c, and those that older kernels
-- lack, filled as far as user space can.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")

local map_types = {}

local function u32(x) return ("<I4"):pack(x) end
local function u64(x) return ("<I8"):pack(x) end

-- A UDP socket in a socket map and a socket hash, while the returned process lives.
local function hold_socket(maps)
  local update = "bpftool map update id %d key 0 0 0 0 value 3 0 0 0 0 0 0 0 || exit; "
  local script = "exec 3<>/dev/udp/127.0.0.1/9; "
    .. update:format(maps.ty_sockmap:id()) .. update:format(maps.ty_sockhash:id())
    .. "echo $$; exec sleep 600"
  local pipe = assert(io.popen(("bash -c '%s'"):format(script)))
  return { pipe = pipe, pid = assert(pipe:read("l"), "the socket is in no map") }
end

-- The number of this process's descriptor of a file.
local function descriptor_of(path)
  return assert(math.tointeger(tonumber(fixture.output(("ls -l /proc/%d/fd")
    :format(fixture.pid())):match("(%d+) %-> " .. path))))
end

local function put_entries(maps, tail)
  for name, entry in pairs {
    mt_hash = { u32(1) .. u32(2), ("\1"):rep(maps.mt_hash:info().value_size) },
    mt_array = { u32(2), u64(7) }, mt_pc_hash = { u32(1), u64(5) },
    mt_pc_array = { u32(1), u32(4) },
    mt_lru = { u64(1), u64(2) }, mt_pc_lru = { u64(1), u64(2) },
    mt_lpm = { u32(8) .. "\10\0\0\0", u32(9) }, mt_progs = { u32(1), u32(tail:fd()) },
    ty_outer = { u32(1), u32(maps.ty_inner:fd()) }, ty_devmap = { u32(1), u32(1) .. u32(0) },
    ty_devmap_hash = { u32(1), u32(1) .. u32(0) }, ty_cpumap = { u32(0), u32(192) .. u32(0) },
    mt_inode = { u32(descriptor_of("/etc/passwd")), u64(1) },
  } do
    local ok, err = maps[name]:update(table.unpack(entry))
    assert(ok, ("%s: %s"):format(name, err))
  end
  for _, name in ipairs { "mt_queue", "mt_stack", "mt_bloom" } do
    assert(maps[name]:push(u32(3)))
  end
end

local Loaded = {}
Loaded.__index = Loaded

-- Maps of types that older kernels lack, by the object with only that map.
local NEWER = { mt_cgrp = "cgrp_storage", ty_arena = "arena" }

local function open_newer(self, name)
  local object = bpf.load(fixture.object(NEWER[name]))
  if not object then return nil end
  table.insert(self.objects, object)
  return object:map(name)
end

--- Loads the maps of these names (mt_… and ty_…) and fills them; maps of types that the kernel
--- lacks are left out.
---@param names string[]
---@return table loaded its `maps` by name; to be closed
function map_types.load(names)
  local self = setmetatable({ objects = {}, maps = {} }, Loaded)
  for i, name in ipairs { "maps", "map_types" } do
    self.objects[i] = assert(bpf.load(fixture.object(name)))
  end
  local first, second = self.objects[1], self.objects[2]
  for _, name in ipairs(names) do
    if NEWER[name] then
      self.maps[name] = open_newer(self, name)
    else
      self.maps[name] = assert((name:find("^mt") and first or second):map(name))
    end
  end
  self.maps.ty_inner = second:map("ty_inner")
  self.file = assert(io.open("/etc/passwd"))
  put_entries(self.maps, first:prog("mt_fill_ring"))
  assert(first:attach("mt_fill_ring"))
  os.execute("true")
  first:detach()
  self.holder = hold_socket(self.maps)
  return self
end

--- Frees all of them.
function Loaded:close()
  os.execute("kill " .. self.holder.pid)
  self.holder.pipe:close()
  self.file:close()
  for _, object in ipairs(self.objects) do object:close() end
end

return map_types
