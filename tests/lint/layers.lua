-- Checks that dependencies go one way, in C (#include) and in Lua (require), and that no two files
-- need each other, except for pairs listed here with a reason.

-- Folders that each folder of src may include besides itself. "bpf/" and "probes/" stand for all
-- folders below.
local C = {
  text = {},
  embed = {},
  probes = {},
  tools = {},
  ["bpf/host"] = { "text" },
  ["bpf/object"] = { "bpf/host", "probes", "text" },
  ["bpf/decode"] = { "bpf/object", "bpf/code", "bpf/host", "text" },
  ["bpf/read"] = { "bpf/decode", "bpf/object", "bpf/host", "probes", "text" },
  ["bpf/cost"] = { "bpf/decode", "bpf/object", "bpf/host", "probes", "text" },
  ["bpf/attach"] = { "bpf/read", "bpf/decode", "bpf/object", "bpf/host", "probes", "text" },
  ["bpf/code"] = { "bpf/object", "bpf/host", "text" },
  metric = { "bpf/read", "bpf/decode", "bpf/object", "text" },
  vm = { "text", "embed" },
  term = { "vm", "text" },
  bind = { "vm", "metric", "bpf/", "text" },
  http = { "vm", "text", "embed" },
  ["main.c"] = { "http", "bind", "term", "vm" },
}

-- Parts of lua/lunette that each part may require besides itself; "" is a module directly in it.
local BASE = { "runtime", "registry", "names", "lunette" }
local LUA = {
  runtime = { "registry", "lunette" },
  registry = {},
  names = {},
  container = {},
  lunette = { "runtime", "registry" },
  code = BASE,
  decode = BASE,
  history = BASE,
  hosts = { "*" },
  sampler = BASE,
  features = BASE,
  ui = BASE,
  graphql = { "runtime", "registry" },
  attach = { "decode", "*" },
  leaks = { "attach", "*" },
  metrics = { "decode", "sampler", "table", "tool", "*" },
  services = { "code", "hosts", "sampler", "tool", "*" },
  table = { "decode", "*" },
  tool = { "decode", "tools", "*" },
  tools = { "container", "*" },
  schema = { "attach", "code", "container", "decode", "features", "graphql", "history", "hosts",
    "leaks", "metrics", "sampler", "table", "tool", "ui", "*" },
  http = { "schema", "graphql", "hosts", "metrics", "services", "*" },
  cli = { "schema", "graphql", "code", "decode", "features", "hosts", "metrics", "sampler", "table",
    "tool", "*" },
}

-- Pairs of files that need each other, with the reason: "a <-> b" = reason.
local CIRCLES = {
  ["src/bpf/attach/net_progs <-> src/bpf/attach/net_scan"] =
    "net_scan.h is what the parts of net_progs share",
  ["src/bpf/decode/plan <-> src/bpf/decode/value"] =
    "plan_visit, counted as a part of plan, makes values",
  ["src/bpf/decode/resolve <-> src/bpf/decode/value"] =
    "a value may be a name that the system resolves; the caches live in the value's context",
  ["src/metric/group_order <-> src/metric/groups"] = "the groups' data structure and its order",
  ["src/metric/groups <-> src/metric/top_groups"] =
    "groups switch to top_groups when they are too many",
  ["src/metric/group_order <-> src/metric/groups <-> src/metric/top_groups"] = "both of the above",
  ["src/vm/conn <-> src/vm/job <-> src/vm/pool"] =
    "a connection sends jobs to its worker, and a worker that ends closes its connections",
  ["src/vm/job <-> src/vm/pool"] = "jobs run in the pool, whose queue holds jobs",
}

local n, failed = 0, false

local function check(name, bad)
  n = n + 1
  if #bad == 0 then return print(("ok %d - %s"):format(n, name)) end
  failed = true
  print(("not ok %d - %s"):format(n, name))
  for _, line in ipairs(bad) do print("# " .. line) end
end

local function capture(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read("a")
end

local function files(where, names)
  local list = {}
  local find = ("find %s -type f %s | sort"):format(where, names)
  for path in capture(find):gmatch("[^\n]+") do list[#list + 1] = path end
  return list
end

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

local function text_of(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- The folder of a C file: src/bpf/read/cursor.c -> bpf/read
local function c_folder(path)
  return path:match("^src/(bpf/%a+)/") or path:match("^src/([^/]+)")
end

local function allows(list, folder)
  for _, name in ipairs(list) do
    if name == folder or (name:sub(-1) == "/" and folder:sub(1, #name) == name) then return true end
    if name == "*" and allows(BASE, folder) then return true end
  end
  return false
end

-- All cycles of files, found by a depth-first walk: { "a <-> b" }.
local function circles(needs)
  local state, found, stack = {}, {}, {}
  local function visit(file)
    state[file] = "open"
    stack[#stack + 1] = file
    for _, other in ipairs(needs[file] or {}) do
      if state[other] == "open" then
        local first = #stack
        while stack[first] ~= other do first = first - 1 end
        local names = table.move(stack, first, #stack, 1, {})
        table.sort(names)
        local key = table.concat(names, " <-> ")
        if not CIRCLES[key] then found[#found + 1] = key end
      elseif not state[other] then
        visit(other)
      end
    end
    stack[#stack] = nil
    state[file] = "done"
  end
  local names = {}
  for file in pairs(needs) do names[#names + 1] = file end
  table.sort(names)
  for _, file in ipairs(names) do
    if not state[file] then visit(file) end
  end
  return found
end

-- A C module is a header with its sources; a source with a longer name (stream_csv.c) belongs to
-- it, too.
local function c_module(path)
  local module = path:gsub("%.%a[%w.]*$", "")
  for part in module:gmatch("()_") do
    local stem = module:sub(1, part - 1)
    if not module:sub(part):find("/") and exists(stem .. ".h") then return stem end
  end
  return module
end

local function check_c()
  local wrong, unknown, needs = {}, {}, {}
  for _, path in ipairs(files("src", "-name '*.[ch]'")) do
    local folder = c_folder(path)
    local may = C[folder]
    if not may then unknown[#unknown + 1] = path end
    local module = c_module(path)
    needs[module] = needs[module] or {}
    for header in text_of(path):gmatch('#include "([^"]+)"') do
      local target = c_folder("src/" .. header)
      if target ~= folder and not allows(may or {}, target) then
        wrong[#wrong + 1] = ("%s includes %s"):format(path, header)
      end
      local other = c_module("src/" .. header)
      if other ~= module then table.insert(needs[module], other) end
    end
  end
  check("every folder of src is known here", unknown)
  check("C includes go one way", wrong)
  check("no two C files include each other", circles(needs))
end

local function check_headers()
  local wrong = {}
  for _, path in ipairs(files("src", "-name '*.[ch]'")) do
    local folder, text = c_folder(path), text_of(path)
    for header in text:gmatch("#include <([%w_.-]+)>") do
      local lua = header:match("^lua") or header == "lauxlib.h"
      if lua and not allows({ "vm", "term", "bind" }, folder) then
        wrong[#wrong + 1] = ("%s includes %s: Lua stops at vm, term and bind"):format(path, header)
      elseif header == "civetweb.h" and folder ~= "http" then
        wrong[#wrong + 1] = path .. " includes civetweb.h, which stops at http"
      elseif folder == "text" and header:match("^bpf") then
        wrong[#wrong + 1] = path .. ": text knows nothing of BPF"
      end
    end
  end
  check("Lua's, civetweb's and libbpf's headers stop at their layers", wrong)
end

-- The folder of a Lua module: lunette.decode.plan -> decode; lunette.names -> names; lunette ->
-- lunette
local function lua_folder(module) return module:match("^lunette%.([%w_]+)") or "lunette" end

local function check_lua()
  local wrong, unknown, needs = {}, {}, {}
  for _, path in ipairs(files("lua/lunette", "-name '*.lua'")) do
    local module = path:match("^lua/(.*)%.lua$"):gsub("/", "."):gsub("%.init$", "")
    local folder = lua_folder(module)
    if not LUA[folder] then unknown[#unknown + 1] = path end
    needs[module] = {}
    local text = text_of(path):gsub("%-%-[^\n]*", "")
    for other in text:gmatch("require%s*%(?%s*\"(lunette[%w_.]*)\"") do
      local target = lua_folder(other)
      if target ~= "core" and target ~= folder and not allows(LUA[folder] or {}, target) then
        wrong[#wrong + 1] = ("%s requires %s"):format(path, other)
      end
    end
    -- Only a require that runs while a module loads can make a cycle.
    for line in text:gmatch("[^\n]+") do
      local other = line:match("^local.*require%s*%(?%s*\"(lunette[%w_.]*)\"")
      if other and not other:match("^lunette%.core") then table.insert(needs[module], other) end
    end
  end
  check("every folder of lua/lunette is known here", unknown)
  check("Lua's requires go one way", wrong)
  check("no two Lua modules require each other", circles(needs))
end

check_c()
check_headers()
check_lua()
print(("1..%d"):format(n))
os.exit(not failed)
