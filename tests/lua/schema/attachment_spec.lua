-- A program on a control group and on an interface of the test's own, as the attach view, the
-- graph and the places themselves tell; and taken off through the schema.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local support = require("tests.lua.schema.support")

local BUILD = os.getenv("LUNETTE_BUILD") or "build"

local function run(...) assert(os.execute(string.format(...) .. " >/dev/null 2>&1")) end
local function try(...) os.execute(string.format(...) .. " >/dev/null 2>&1") end

describe("attachments", function()
  local root, interface, object

  setup(function()
    root = os.tmpname()
    os.remove(root)
    run("mkdir %s && mount -t cgroup2 none %s && mkdir %s/lunette-schema", root, root, root)
    interface = ("lun%d"):format(fixture.pid())
    run("ip link add %s type veth peer name %sp", interface, interface)
    object = assert(bpf.load(BUILD .. "/tests/bpf/attach.bpf.o"))
  end)

  teardown(function()
    if object then object:close() end
    try("ip link del %s", interface)
    try("rmdir %s/lunette-schema", root)
    try("umount %s && rmdir %s", root, root)
  end)

  local FIELDS = "attachments { kind target how attachType link { id type } cgroup { path "
    .. "attachments { programId } } interface { name ifindex netns attachments { programId } } }"

  local function rows_of(id)
    return support.ask(("{ program(id: %d) { %s } }"):format(id, FIELDS)).program.attachments
  end

  it("are told of a control group, drawn, and detached", function()
    assert(object:attach("att_egress", { cgroup = root .. "/lunette-schema" }))
    local id = object:prog("att_egress"):info().id
    local row = rows_of(id)[1]
    assert.same({ "cgroup", "link", "cgroup_inet_egress" }, { row.kind, row.how, row.attachType })
    assert.equal("/lunette-schema", row.cgroup.path)
    assert.same({ { programId = id } }, row.cgroup.attachments)
    local data = support.ask(([[{ graph(from: "prog:%d", depth: 3, kinds: [PROGRAM, LINK, CGROUP])
      { nodes { id label } edges { from to kind } } cgroups { path } }]]):format(id))
    local labels, edges, paths = {}, {}, {}
    for _, node in ipairs(data.graph.nodes) do labels[node.id] = node.label end
    for _, edge in ipairs(data.graph.edges) do
      if edge.from == "link:" .. row.link.id then edges[edge.kind] = edge end
    end
    for _, cgroup in ipairs(data.cgroups) do paths[cgroup.path] = true end
    assert.equal("att_egress", labels["prog:" .. id])
    assert.equal("/lunette-schema", labels[edges.ATTACHED.to])
    assert.equal("prog:" .. id, edges.HOLDS.to)
    assert.is_true(paths["/lunette-schema"])
    assert.is_nil(support.write(("mutation { detachLink(id: %d) { error } }"):format(row.link.id))
      .detachLink.error)
    assert.is_nil((rows_of(id)[1] or {}).cgroup) -- the link is there as long as someone holds it
  end)

  it("are told of an interface", function()
    assert(object:attach("att_xdp", { interface = interface }))
    local id = object:prog("att_xdp"):info().id
    local row = rows_of(id)[1]
    assert.same({ "xdp", "link", interface }, { row.kind, row.how, row.interface.name })
    assert.same({ { programId = id } }, row.interface.attachments)
    local names = {}
    for _, one in ipairs(support.ask("{ interfaces { name } }").interfaces) do
      names[one.name or ""] = true
    end
    assert.is_true(names[interface])
  end)
end)
