-- A program on a control group and on an interface of the test: in the attach view, the graph and
-- the places themselves; detached by a mutation.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local graphql = require("lunette.graphql")
local support = require("tests.lua.schema.support")

local run, try = fixture.run, fixture.try

local BUILD = os.getenv("LUNETTE_BUILD") or "build"

describe("attachments", function()
  local root, interface, object
  local group = "/lunette-schema-" .. fixture.pid()

  setup(function()
    root = os.tmpname()
    os.remove(root)
    run("mkdir %s && mount -t cgroup2 none %s && mkdir %s" .. group, root, root, root)
    interface = ("lun%d"):format(fixture.pid())
    run("ip link add %s type veth peer name %sp", interface, interface)
    object = assert(bpf.load(BUILD .. "/tests/bpf/attach.bpf.o"))
  end)

  teardown(function()
    if object then object:close() end
    try("ip link del %s", interface)
    try("rmdir %s" .. group, root)
    try("umount %s && rmdir %s", root, root)
  end)

  local FIELDS = "attachments { kind target how attachType link { id type } cgroup { path "
    .. "attachments { programId } } interface { name ifindex netns attachments { programId } } }"

  local function rows_of(id)
    return support.ask(("{ program(id: %d) { %s } }"):format(id, FIELDS)).program.attachments
  end

  it("are told of a control group, drawn, and detached", function()
    assert(object:attach("att_egress", { cgroup = root .. group }))
    local id = object:prog("att_egress"):info().id
    local row = rows_of(id)[1]
    assert.same({ "cgroup", "link", "cgroup_inet_egress" }, { row.kind, row.how, row.attachType })
    assert.equal(group, row.cgroup.path)
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
    assert.equal(group, labels[edges.ATTACHED.to])
    assert.equal("prog:" .. id, edges.HOLDS.to)
    assert.is_true(paths[group])
    assert.is_nil(support.write(("mutation { detachLink(id: %d) { error } }"):format(row.link.id))
      .detachLink.error)
    assert.is_nil((rows_of(id)[1] or {}).cgroup) -- the link exists while it is held
  end)

  it("say who holds them and what they are inherited from", function()
    run("mkdir %s" .. group .. "/inner", root)
    finally(function()
      object:detach()
      try("rmdir %s" .. group .. "/inner", root)
    end)
    assert(object:attach("att_sock", { cgroup = root .. group }))
    local id = object:prog("att_sock"):info().id
    local rows = support.ask(([[{ attachmentNotes attachments(programId: %d, effective: true,
      own: false) { how heldBy pins owners { pid kind objectId } since sinceLatest
      cgroup { path } inheritedFrom { path } link { id } } }]]):format(id))
    assert.same(fixture.notes {}, rows.attachmentNotes)
    assert.equal(2, #rows.attachments)
    local by_how = {}
    for _, row in ipairs(rows.attachments) do by_how[row.how] = row end
    local own, inherited = by_how.link, by_how.inherited
    assert.equal(fixture.pid(), own.owners[1].pid)
    assert.same({ "LINK", own.link.id }, { own.owners[1].kind, own.owners[1].objectId })
    assert.same({ nil, nil, {} }, { own.heldBy, own.inheritedFrom, own.pins })
    assert.truthy(own.since)
    assert.is_nil(own.sinceLatest)
    assert.equal(group .. "/inner", inherited.cgroup.path)
    assert.equal(group, inherited.inheritedFrom.path)
    assert.equal("the control group " .. group, inherited.heldBy)
    assert.same({}, inherited.owners)
  end)

  it("are told when they change, and only then", function()
    local id = object:prog("att_lookup"):info().id
    local function listen(field)
      return graphql.subscribe {
        schema = support.schema(), source = "subscription { " .. field .. " }",
        context = { cache = {}, can_write = false },
      }
    end
    local places = listen(("attachments(programId: %d, every: 1.5) { kind target }"):format(id))
    local held = listen(("owners(pid: %d) { kind objectId }"):format(fixture.pid()))
    local linked = listen(("links(filter: { programId: %d }) { id }"):format(id))
    assert.equal(1.5, places.source.every)
    assert.same({}, places:event().data.attachments)
    assert.same({}, linked:event().data.links)
    held:event()
    assert.is_nil(places:event())
    assert(object:attach("att_sock", { cgroup = root .. group }))
    finally(function() object:detach() end)
    assert.is_nil(places:event()) -- of another program
    assert.is_nil(linked:event())
    local link = fixture.find(bpf.links(), { prog_id = object:prog("att_sock"):info().id })
    assert.is_table(fixture.find(held:event().data.owners, { kind = "LINK", objectId = link.id }))
    assert.is_nil(listen("leaks { id remedy }"):event().errors)
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
