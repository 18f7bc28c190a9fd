-- Calls of every binding, for tests/c/allocations.c: it runs each part repeatedly, each time with
-- another allocation failing. A part begins with "-- part: NAME". Globals: bpf, core (the C
-- modules), object (tests/bpf/cli.bpf.c, loaded), and the ids of its maps and program.

-- part: lists
bpf.ids("prog")
bpf.progs { ids = { prog_id } }
bpf.maps { ids = { hash_id } }
bpf.type_name("map", 1)
bpf.prog_info(prog_id)
bpf.map_info(hash_id)
local btf = bpf.map_info(hash_id).btf_id
bpf.btf_info(btf)
bpf.btf_names(btf, { 1, 2 })

-- part: all lists
bpf.links()
bpf.btfs()
bpf.pins()
bpf.owners()
bpf.task_fd_query()
bpf.sock_progs()
bpf.lirc_progs()
bpf.counter_names()
bpf.fill()

-- part: places
bpf.cgroup_progs()
bpf.cgroup_progs { effective = true }
bpf.cgroup_path(1)
bpf.net_progs { routes = true }
bpf.netns()
bpf.prog_slots()
bpf.interface(1, 1)

-- part: host
bpf.host()
bpf.cpus()
bpf.uptime()
bpf.probe("map", "hash")
bpf.ksym(bpf.ksym_address("bpf_prog_put") or 0)
bpf.elf_symbol("/bin/sh", 0x5000)
bpf.elf_probe("/bin/sh", 0x5000)
local stats <close> = bpf.stats()

-- part: a program
local p <close> = bpf.prog(prog_id)
p:info()
p:fd()
p:run { input = ("x"):rep(64) }
p:stream()
bpf.pinned("/sys/fs/bpf/none")
bpf.pin(p, "/nowhere/at/all")
p:pin("/nowhere/at/all")
bpf.unpin("/nowhere/at/all")

-- part: its code
bpf.xlated(prog_id)
bpf.jited(prog_id)
bpf.cfg(prog_id)

-- part: links
local id = bpf.ids("link")[1]
if id then
  bpf.link_info(id)
  local l <close> = bpf.link(id)
  if l then
    l:info()
    l:fd()
    l:pin("/nowhere/at/all")
  end
end

-- part: loading
local o <close> = bpf.load(path)
o:maps()
o:progs()
local m <close> = o:map("cli_flows")
local p <close> = o:prog(o:progs()[1].name)
o:detach()

-- part: loading what is none
bpf.load("/bin/sh")
bpf.load("/nowhere")

-- part: a map
local m <close> = bpf.map(hash_id)
m:id()
m:fd()
m:info()
m:unreadable()
m:lookup(("<I4I2I2"):pack(1, 80, 6))
m:update(("<I4I2I2"):pack(9, 1, 1), ("<I8I8"):pack(1, 2))
m:delete(("<I4I2I2"):pack(9, 1, 1))
m:count()
bpf.unreadable(m:info())

-- part: a queue
local m <close> = bpf.map(queue_id)
m:push(("<I4"):pack(1))
m:peek()
m:pop()
m:contains(("<I4"):pack(1))
m:ring()
m:storage()

-- part: cursors
local m <close> = bpf.map(hash_id)
local c <close> = m:cursor { raw = true }
c:next()
c:state()
c:position()
for key, value in m:each { raw = true } do local _ = key .. value end

-- part: plans
local plan = bpf.plan { kind = "struct", size = 8,
  { kind = "u32", name = "a", size = 4, offset = 0 },
  { kind = "enum", name = "b", size = 4, offset = 4, items = { { 1, "one" } } } }
plan:decode(("x"):rep(8))
plan:decode { ("x"):rep(8), ("y"):rep(8) }
plan:json(("x"):rep(8))
plan:columns("value")
plan:size()
plan:calls_lua()
plan:encode({ a = 1, b = 2 }, nil, "value")
plan:encode_column(7, ("x"):rep(8), "value", "a", "value")

-- part: BTF
local b <close> = bpf.btf(bpf.map_info(hash_id).btf_id)
local id = b:find("flow") or 1
b:type(id)
b:count()
b:map("cli_flows", bpf.map_info(hash_id))
b:plan(id, 8)
b:c(id)

-- part: sorted rows
local m <close> = bpf.map(hash_id)
local plan = bpf.plan { kind = "u64", size = 8 }
local top <close> = m:select { limit = 3, sort = { plan = plan, index = 1 },
  where = { op = "ge", cell = { plan = plan, index = 1 }, rank = "u0" } }
while top:step() do end
top:rows()
top:rank(1)
top:state()
top:again()

-- part: snapshots
local m <close> = bpf.map(hash_id)
local a <close> = m:snapshot()
local b <close> = m:snapshot()
a:changes(b)
a:state()

-- part: streams
local m <close> = bpf.map(hash_id)
local decoder = { key_plan = bpf.plan { kind = "hex", size = 8 },
  value_plan = bpf.plan { kind = "hex", size = 16 } }
for _, format in ipairs { "ndjson", "json", "csv" } do
  local s <close> = m:stream { format = format, decoder = decoder }
  while s:read() do end
  s:note()
end

-- part: sampler
local s <close> = bpf.sampler { programs = 8, keep = 4 }
s:sample()
s:baseline()
s:stats(true)
s:rates()
s:rate(prog_id)
s:history(prog_id)
s:put("name", 1.0)
s:values("name")
s:names()
s:state()
s:clear()
bpf.stats_cost()

-- part: profile, counters, log
local p <close> = bpf.profile(100)
if p then p:read() end
local c <close> = bpf.counters(prog_id, { bpf.counter_names()[1].name })
local t <close> = bpf.trace_log()
if t then t:read(0) end

-- part: JSON
core.json.encode({ a = { 1, 2, 3 }, b = "text", c = ("x"):rep(5000) }, 3)
core.json.why_not({ a = 1 })
core.json.number("12345678901234567890")

-- part: shared
core.shared.set("allocations", { 1, { x = "y" } }, 60)
core.shared.get("allocations")
core.shared.add("allocations", 1)
core.shared.incr("allocations.n", 1, 0, 60)
core.shared.keys("alloc")
core.shared.delete("allocations")

-- part: topics, coroutines
core.topic.publish("allocations", { 1 })
core.topic.subscribers("allocations")
core.server.state()
coroutine.wrap(function() coroutine.yield(1) end)()
coroutine.close(coroutine.create(function() end))
coroutine.resume(coroutine.create(function() end))

-- part: client
local c <close> = core.client.open("http://127.0.0.1:9", {
  headers = { "A: b" }, body = "x", patience = 1,
})
c:status()

-- part: metrics
local m = core.metrics
m.now()
m.count("allocations", "errors", 0)
m.note("allocations", "errors", 0)
m.counts("errors")
m.gzip(("x"):rep(200000))
m.name_ok("x")
m.label_ok("x")
local r = m.regex("a(b*)")
r:match("abb")

-- part: groups and a page
local m = core.metrics
local groups <close> = m.groups { labels = 2, cells = { "sum", "max" }, limit = 1000 }
for i = 1, 50 do
  groups:add(1, i, "label" .. i, "b")
  groups:add_u64(2, i, "label" .. i, "b")
end
groups:row(1)
groups:size()
groups:settle()
local other <close> = m.groups { labels = 2, cells = { "sum", "max" }, limit = 1000 }
other:add(1, 1, "x", "y")
groups:merge(other, 1, "x", "y")
local slot = m.slot(groups, { "a", "b" })
local exported <close> = groups:export { rule = "allocations", began = 1, now = 2, top = 10, by = 1,
  max = 100, counters = { true } }
exported:row(1)
exported:size()
exported:exemplar(1, { trace = "x" }, 1.5)
local page <close> = m.page()
local family = page:family { name = "allocations", type = "gauge", help = "x", unit = "" }
page:view(family, exported, { shape = "plain", cell = 1,
  labels = { { name = "a", index = 1 }, { name = "c", value = "const" } } })
page:size()
page:text("text")
local source <close> = m.gzip_source(page:source("openmetrics"))
while source:read() do end
source:note()

-- part: a scan
local m = core.metrics
local map <close> = bpf.map(hash_id)
local key, value = bpf.plan { kind = "hex", size = 8 }, bpf.plan { kind = "u64", size = 8 }
local groups <close> = m.groups { labels = 1, cells = { "sum" }, limit = 1000 }
local scan = { map = map, key_plan = key, value_plan = value,
  labels = { { from = "key", path = "key" } },
  cells = { { goes = "number", cell = 1,
    column = { from = "value", path = "value" } } } }
m.scan(scan, groups)
local source <close> = m.scan_text(scan, { name = "allocations", labels = { "key" }, divisor = 1,
  limit = 1000, rule = "allocations" })
while source:read() do end
