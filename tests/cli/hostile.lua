-- Hostile text in every place where the kernel accepts text: this process's name, pins, a
-- control group's path, interfaces, a map's entries, source lines. Prints ids as JSON and ends
-- when its input ends.

local bpf = require("bpf")
local json = require("lunette.runtime.json")

local EVIL = "\27]0;pwned\7\u{9B}31m\u{202E}\xFF"

local comm <close> = assert(io.open("/proc/self/comm", "w"))
comm:write("\27[31m\7\xFF\u{9B}e")
comm:flush()

local object <close> = assert(bpf.load(arg[1]))
local notes <close> = object:map("hostile_notes")
for _, key in ipairs { EVIL, "=1+1", "plain" } do
  local text = key == "plain" and "\u{9B}31m\u{202E}" or EVIL .. key -- what has ESC is shown in hex
  assert(notes:update(("<c24"):pack(key), ("<c40I8"):pack(text, 7)))
end
assert(object:attach("hostile_egress", { cgroup = arg[2] }))
assert(bpf.pin(notes, arg[3] .. EVIL))
assert(bpf.pin(notes, arg[3] .. "; echo pwned"))

-- All bytes but "/", ":", "%" and blanks, 15 of them at most.
local INTERFACES = {
  "\27]0;p\7\u{9B}31m\xFF", "<script>alert(1", "<img$(id)`id`\"'", "=1+1|'\";&\\", "-h",
  "\u{202E}\u{2066}abc", "{{1}}${1}\\n$d", "abcdefghijklmno",
}

local function ip(words, ...)
  local quoted = {}
  for i, word in ipairs { ... } do quoted[i] = "'" .. word:gsub("'", "'\\''") .. "'" end
  return os.execute("ip " .. words:format(table.unpack(quoted)) .. " 2>&1")
end

local devices <close> = object:map("hostile_devices")
local function ifindex_of(name)
  for _, row in ipairs(assert(bpf.net_progs { routes = false })) do
    if row.ifname == name then return row.ifindex end
  end
end

for at, name in ipairs(INTERFACES) do
  assert(ip("link add name %s type veth peer name %s", name, ("lunh%d-%d"):format(arg[4], at)))
  assert(object:attach("hostile_xdp", { interface = name }))
  assert(devices:update(("<I4"):pack(at), ("<I4"):pack(ifindex_of(name))))
end

local ids = { map = notes:id(), devices = devices:id() }
for _, info in ipairs(object:progs()) do
  ids[info.name == "hostile_xdp" and "xdp" or "program"] = info.id
end
for _, link in ipairs(bpf.links()) do
  if link.prog_id == ids.program then ids.link = link.id end
  if link.prog_id == ids.xdp and not ids.xdpLink then ids.xdpLink = link.id end
end
local info = bpf.prog_info(ids.program)
ids.btf = info.btf_id
print(json.encode(ids))
io.stdout:flush()
io.read("a")
for _, name in ipairs(INTERFACES) do ip("link del dev %s", name) end
bpf.unpin(arg[3] .. EVIL)
bpf.unpin(arg[3] .. "; echo pwned")
