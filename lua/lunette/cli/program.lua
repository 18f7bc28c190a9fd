-- lunette prog show: all facts about a program, and the facts that the kernel does not report.

local graph = require("lunette.cli.graph")
local objects = require("lunette.cli.objects")
local output = require("lunette.cli.output")
local show = require("lunette.cli.show")
local units = require("lunette.cli.units")

local program = {}

local SHOW = [[
query ($id: Int!) {
  host { time }
  program(id: $id) {
    id error name type kernelType tag loadTime uid user gplCompatible memory xlatedSize jitedSize
    verifiedInsns runTime runCount runs runTimeNs recursionMisses isPinned pins own orphaned btfId
    functionCount lineCount verifierLog
    ifindex interface netns netnsDev netnsPath attachTo attachBtfId attachBtf { id name kernel }
    maps { id name fullName kernelType }
    links { id type attachType target }
    attachments { kind target how }
    tasks { pid fd type name place probeOffset probeAddr }
    owners { pid comm fd place }
    tailCalls { index via { id name fullName } program { id name } }
    extends { kind function target { id name } link { id } }
    extendedBy { kind function program { id name } link { id } }
  }
}]]

local value = graph.value

local function named(object)
  return ("%d %s"):format(object.id, value(object.name) or "?")
end

local function map_line(map)
  return ("%d %s (%s)"):format(map.id, value(map.fullName) or "?", map.kernelType)
end

local function link_line(link)
  local target = value(link.target)
  return ("%d %s%s"):format(link.id, link.type, target and " on " .. target or "")
end

local function attach_line(a) return ("%s %s, by %s"):format(a.kind, a.target, a.how) end

local function task_line(task)
  return ("pid %d, fd %d: %s %s"):format(task.pid, task.fd, task.type,
    value(task.place) or value(task.probeAddr) or "")
end

local function call_line(call)
  return ("%s, by %s[%d]"):format(named(call.program), call.via.fullName, call.index)
end

local function extends_line(e)
  return ("%s of program %s, %s by link %d"):format(value(e["function"]) or "a function",
    named(e.target), e.kind, e.link.id)
end

local function extended_line(e)
  return ("%s: %s by program %s, link %d"):format(value(e["function"]) or "a function", e.kind,
    named(e.program), e.link.id)
end

local function lines(list, fn)
  local texts = {}
  for i, item in ipairs(list) do texts[i] = fn(item) end
  return texts
end

local function cost(p)
  local runs, seconds = value(p.runCount) or 0, value(p.runTime) or 0
  if runs == 0 then return "no runs counted (the kernel counts only while statistics are on)" end
  return ("%s runs in %s, %s each"):format(units.count(runs), units.duration(seconds),
    units.duration(seconds / runs))
end

local function user(p)
  local uid, name = value(p.uid), value(p.user)
  return uid and ("%d%s"):format(uid, name and " " .. name or "")
end

-- Words for a BTF object: "vmlinux", "module nf_conntrack", "BTF of a program".
local function btf_words(btf)
  local name = value(btf.name)
  if not btf.kernel then return ("BTF %d"):format(btf.id) end
  return name == "vmlinux" and "the kernel" or ("module %s"):format(name or "?")
end

local function made_for(p)
  local number, object = value(p.attachBtfId), value(p.attachBtf)
  if not number then return nil end
  return ("%s%s (type %d)"):format(value(p.attachTo) or "a function",
    object and " of " .. btf_words(object) or "", number)
end

local function device(p)
  local ifindex, netns = value(p.ifindex), value(p.netns)
  if not ifindex then return nil end
  local path = value(p.netnsPath)
  if path == "/proc/self/ns/net" then path = "ours" end
  return ("%s (interface %d) in network namespace %s%s"):format(value(p.interface) or "?",
    ifindex, netns or "?", path and ", " .. path or "")
end

local function code(p)
  local size, functions = value(p.xlatedSize), value(p.functionCount)
  if not size then return nil end
  local known = value(p.lineCount) or 0
  return ("%s, %d instructions%s%s"):format(units.bytes(size), size // 8,
    functions and functions > 1 and (", %d functions"):format(functions) or "",
    known > 0 and (", %d source lines"):format(known) or "")
end

local function machine_code(p)
  local size = value(p.jitedSize)
  return size == 0 and "none: the kernel interprets it" or units.bytes(size)
end

-- The kernel keeps no verifier log; Lunette has the log of programs that it loaded.
local function verified(p)
  local n = value(p.verifiedInsns)
  local log = value(p.verifierLog)
  local texts = { n and n > 0 and ("%d instructions walked"):format(n)
    or "instructions walked: unknown on this kernel" }
  texts[2] = log or "log: unknown, as the kernel does not keep it for others than the loader"
  return texts
end

local function describe(p, host)
  local loaded = value(p.loadTime)
  return show.lines(("program %d  %s"):format(p.id, value(p.name) or ""), {
    { "error", p.error },
    { "type", ("%s (%s)"):format(p.kernelType, p.type) },
    { "tag", p.tag },
    { "made for", made_for(p) },
    { "device", device(p) },
    { "orphaned", value(p.orphaned) and "its device is gone" or nil },
    { "attached", lines(p.attachments, attach_line) },
    { "extends", lines(p.extends, extends_line) },
    { "extended", lines(p.extendedBy, extended_line) },
    { "loaded", loaded and ("%s, %s ago"):format(os.date("%Y-%m-%d %H:%M:%S", loaded // 1 | 0),
      units.age(host.time - loaded)) },
    { "user", user(p) },
    { "licence", value(p.gplCompatible) and "GPL compatible" or "not GPL compatible" },
    { "memory", units.bytes(value(p.memory)) },
    { "bytecode", code(p) },
    { "machine code", machine_code(p) },
    { "verifier", verified(p) },
    { "cost", cost(p) },
    { "misses", value(p.recursionMisses) },
    { "BTF", p.btfId },
    { "pins", p.pins },
    { "maps", lines(p.maps, map_line) },
    { "links", lines(p.links, link_line) },
    { "perf events", lines(p.tasks, task_line) },
    { "tail calls", lines(p.tailCalls, call_line) },
    { "owners", show.owners(p.owners) },
    { "own", p.own and "one of Lunette's own" or nil },
  })
end

--- prog show
function program.run(given)
  local id = objects.id("prog", given.program)
  local data = graph.data(SHOW, { variables = { id = id } })
  if given.json then return output.json(data.program) end
  output.line(table.concat(describe(data.program, data.host), "\n"))
end

--- The facts about a program, as lines.
---@param id integer
---@return string[]
function program.lines(id)
  local result = graph.execute(SHOW, { variables = { id = id } })
  if result.errors then return { result.errors[1].message } end
  return describe(result.data.program, result.data.host)
end

return program
