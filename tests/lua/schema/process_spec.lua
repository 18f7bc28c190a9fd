-- Facts from cgroup paths: of systemd, Docker, containerd, CRI-O, Podman, LXC and Kubernetes, with
-- the drivers cgroupfs and systemd; and of a process in such a group made by the test.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local container = require("lunette.container")
local process = require("lunette.schema.process")
local support = require("tests.lua.schema.support")

local run = fixture.run

local ID = ("0123456789abcdef"):rep(4)
local OTHER = ("fedcba9876543210"):rep(4)
local POD = "2c48913c-b29f-11e7-9350-020968147796"
local UNDERSCORED = POD:gsub("-", "_")
local STATIC = ("0a1b2c3d"):rep(4)
local SLICE = "/kubepods.slice/kubepods-%s.slice/kubepods-%s-pod" .. UNDERSCORED .. ".slice/"

local function slice(class) return SLICE:format(class, class) end

-- path, unit, container, runtime, pod, place
local PATHS = {
  { "/" },
  { "/init.scope", "init.scope" },
  { "/system.slice/sshd.service", "sshd.service", place = "sshd.service" },
  { "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service",
    place = "getty@tty1.service" },
  { "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
  { "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-12.scope",
    "app-firefox-12.scope" },
  { "/docker/" .. ID, nil, ID, "docker" },
  { "/system.slice/docker-" .. ID .. ".scope", "docker-" .. ID .. ".scope", ID, "docker" },
  { "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" .. ID .. ".scope",
    "docker-" .. ID .. ".scope", ID, "docker" },
  { "/docker/" .. ID .. "/system.slice/nginx.service", "nginx.service", ID, "docker" },
  { "/docker/" .. OTHER .. "/docker/" .. ID, nil, ID, "docker" },
  { "/docker/" .. ID:sub(1, 63) },
  { "/system.slice/nerdctl-" .. ID .. ".scope", "nerdctl-" .. ID .. ".scope", ID, "containerd" },
  { "/kubepods/pod" .. POD .. "/" .. ID, nil, ID, "container", POD },
  { "/kubepods/burstable/pod" .. POD .. "/" .. ID, nil, ID, "container", POD },
  { "/kubepods/besteffort/pod" .. POD .. "/" .. ID, nil, ID, "container", POD },
  { "/kubepods/burstable/pod" .. STATIC .. "/" .. ID, nil, ID, "container", STATIC },
  { "/kubepods/burstable/pod" .. POD .. "/crio-" .. ID, nil, ID, "cri-o", POD },
  { "/kubepods/burstable/pod" .. POD, nil, nil, nil, POD, place = "pod " .. POD },
  { "/kubepods.slice/kubepods-pod" .. UNDERSCORED .. ".slice/cri-containerd-" .. ID .. ".scope",
    "cri-containerd-" .. ID .. ".scope", ID, "containerd", POD },
  { slice("burstable") .. "cri-containerd-" .. ID .. ".scope",
    "cri-containerd-" .. ID .. ".scope", ID, "containerd", POD },
  { slice("besteffort") .. "crio-" .. ID .. ".scope", "crio-" .. ID .. ".scope", ID, "cri-o", POD },
  { slice("burstable") .. "docker-" .. ID .. ".scope", "docker-" .. ID .. ".scope", ID, "docker",
    POD },
  { slice("burstable") .. "crio-conmon-" .. ID .. ".scope", "crio-conmon-" .. ID .. ".scope", nil,
    nil, POD, place = "pod " .. POD },
  { "/system.slice/containerd.service/kubepods-burstable-pod" .. UNDERSCORED
    .. ".slice:cri-containerd:" .. ID, "containerd.service", ID, "containerd", POD },
  { "/docker/" .. OTHER .. "/kubelet/kubepods/burstable/pod" .. POD .. "/" .. ID, nil, ID,
    "container", POD },
  { "/machine.slice/libpod-" .. ID .. ".scope/container", "libpod-" .. ID .. ".scope", ID,
    "podman" },
  { "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" .. ID .. ".scope",
    "libpod-" .. ID .. ".scope", ID, "podman" },
  { "/machine.slice/machine-libpod_pod_" .. OTHER .. ".slice/libpod-" .. ID .. ".scope",
    "libpod-" .. ID .. ".scope", ID, "podman", OTHER },
  { "/libpod_parent/libpod-" .. ID, nil, ID, "podman" },
  { "/machine.slice/libpod-conmon-" .. ID .. ".scope", "libpod-conmon-" .. ID .. ".scope" },
  { "/lxc.payload.web/system.slice/cron.service", "cron.service", "web", "lxc" },
  { "/lxc/web", nil, "web", "lxc" },
  { "/machine.slice/systemd-nspawn@db.service/payload", "systemd-nspawn@db.service", "db",
    "nspawn" },
  { "/system.slice/podman.service", "podman.service", place = "podman.service" },
}

local function place_of(case)
  if case.place or not case[3] then return case.place end
  local id = #case[3] == 64 and case[3]:sub(1, 12) or case[3]
  return ("%s %s%s"):format(case[4], id, case[5] and " of pod " .. case[5] or "")
end

describe("process", function()
  for _, case in ipairs(PATHS) do
    it("reads " .. case[1]:sub(1, 90), function()
      local path = case[1]
      assert.equal(case[2], container.unit(path))
      local id, runtime = container.id(path)
      assert.equal(case[3], id)
      assert.equal(case[4], runtime)
      assert.equal(case[5], container.pod(path))
      assert.equal(place_of(case), container.place(path))
    end)
  end

  it("has nothing to say without a path", function()
    for _, what in ipairs { "unit", "id", "pod", "place" } do
      assert.is_nil(container[what](nil))
    end
  end)

  it("chooses among hierarchies", function()
    local pids = "8:pids:/docker/" .. ID .. "\n"
    local both = "5:memory,foo:/m\n" .. pids .. "1:name=systemd:/system.slice/a.service\n"
    assert.equal("/system.slice/b.service",
      process.cgroup_of(pids .. "0::/system.slice/b.service\n"))
    assert.equal("/docker/" .. ID, process.cgroup_of(pids .. "0::/\n"))
    assert.equal("/system.slice/a.service", process.cgroup_of(both .. "0::/\n"))
    assert.equal("/m", process.cgroup_of("9:hugetlb:/\n5:memory,foo:/m\n"))
    assert.equal("/", process.cgroup_of("9:hugetlb:/\n"))
    assert.equal("/", process.cgroup_of("0::/\n"))
    assert.equal("/was", process.cgroup_of("0::/was (deleted)\n"))
    assert.equal("/a:b", process.cgroup_of("0::/a:b\n"))
    assert.is_nil(process.cgroup_of(""))
  end)

  it("reads what /proc tells of this process", function()
    local pid = fixture.pid()
    assert.truthy(process.cmdline(pid):find("busted", 1, true))
    assert.equal("/", process.cgroup(pid):sub(1, 1))
  end)

  it("has nothing to tell of a process that is gone", function()
    assert.is_nil(process.cmdline(4194304))
    assert.is_nil(process.cgroup(4194304))
  end)
end)

describe("a process in a container's control group", function()
  local root, pin, pid, pipe
  local outer = "lunette-kubepods-" .. fixture.pid()
  local path = ("/%s/burstable/pod%s/crio-%s"):format(outer, POD, ID)

  setup(function()
    root = os.tmpname()
    os.remove(root)
    run("mkdir %s && mount -t cgroup2 none %s && mkdir -p %s%s", root, root, root, path)
    local object <close> = assert(bpf.load(fixture.object("objects")))
    local prog <close> = assert(object:prog("obj_xdp"))
    pin = fixture.pin("container")
    assert(prog:pin(pin))
    pipe = assert(io.popen(("sh -c 'echo $$ > %s%s/cgroup.procs; exec %s run "
      .. "tests/lua/support/hold.lua %s'"):format(root, path, fixture.binary(), pin)))
    pid = assert(pipe:read("n"))
  end)

  teardown(function()
    if pid then os.execute("kill " .. pid) end
    if pipe then pipe:close() end
    if pin then bpf.unpin(pin) end
    local group = root .. path
    for _ = 1, 600 do -- the kernel sees the empty group with a delay
      if os.execute("rmdir " .. group .. " 2>/dev/null") then break end
      os.execute("sleep 0.05")
    end
    while group ~= root .. "/" .. outer do
      group = group:match("^(.*)/")
      os.execute("rmdir " .. group)
    end
    os.execute(("umount %s; rmdir %s"):format(root, root))
  end)

  it("is told by its container and pod, in GraphQL and on the command line", function()
    local id = fixture.find(bpf.pins(), { path = pin }).id
    local owner = fixture.find(support.ask(([[{ program(id: %d) { owners { pid place
      process { cgroup unit container runtime pod } } } }]]):format(id)).program.owners,
      { pid = pid })
    assert.equal(("cri-o %s of pod %s"):format(ID:sub(1, 12), POD), owner.place)
    assert.same({ path, nil, ID, "cri-o", POD }, { owner.process.cgroup, owner.process.unit,
      owner.process.container, owner.process.runtime, owner.process.pod })
    local list = fixture.json(fixture.binary() .. " prog list --name obj_xdp -j")
    local row = fixture.find(list, { id = id })
    assert.equal(owner.place, fixture.find(row.owners, { pid = pid }).place)
    local text = fixture.output(("COLUMNS=400 %s prog list --name obj_xdp"):format(
      fixture.binary()))
    assert.truthy(text:find(("%d lunette [%s]"):format(pid, owner.place), 1, true), text)
  end)
end)
