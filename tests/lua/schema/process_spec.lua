-- What cgroup paths tell: the paths are those of systemd, Docker, containerd and CRI-O.

local process = require("lunette.schema.process")

local ID = ("0123456789abcdef"):rep(4)

describe("process", function()
  it("finds the innermost unit of a path", function()
    assert.equal("sshd.service", process.unit("/system.slice/sshd.service"))
    assert.equal("app.scope", process.unit("/user.slice/user@1000.service/app.slice/app.scope"))
    assert.is_nil(process.unit("/"))
    assert.is_nil(process.unit(nil))
  end)

  it("finds the container of a path", function()
    assert.equal(ID, process.container("/system.slice/docker-" .. ID .. ".scope"))
    assert.equal(ID, process.container("/docker/" .. ID))
    assert.equal(ID, process.container("/kubepods/pod1/cri-containerd:" .. ID))
    assert.is_nil(process.container("/system.slice/sshd.service"))
    assert.is_nil(process.container("/docker/" .. ID:sub(1, 63)))
  end)

  it("finds the pod of a path", function()
    local pod = "2c48913c-b29f-11e7-9350-020968147796"
    assert.equal(pod, process.pod("/kubepods/burstable/pod" .. pod .. "/" .. ID))
    local slice = "kubepods-burstable-pod" .. pod:gsub("-", "_") .. ".slice"
    assert.equal(pod, process.pod("/kubepods.slice/" .. slice .. "/crio-" .. ID .. ".scope"))
    assert.is_nil(process.pod("/system.slice/podman.service"))
  end)

  it("reads what /proc tells of this process", function()
    local file <close> = assert(io.open("/proc/self/stat"))
    local pid = tonumber(file:read("a"):match("^%d+"))
    assert.truthy(process.cmdline(pid):find("busted", 1, true))
    assert.equal("/", process.cgroup(pid):sub(1, 1))
  end)

  it("has nothing to tell of a process that is gone", function()
    assert.is_nil(process.cmdline(4194304))
    assert.is_nil(process.cgroup(4194304))
  end)
end)
