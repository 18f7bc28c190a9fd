-- The header of `lunette top`: the parts that it drops when a line is too long.

local bpf = require("bpf")
local head = require("lunette.cli.top.head")

describe("the line of the host", function()
  local given, sampler = bpf.host, { cpu = 0.01, load = 0.5, rows = {}, history = {} }

  setup(function()
    bpf.host = function()
      return { hostname = "a-host", kernel = "6.12.118+deb13-cloud-amd64" }
    end
    head.sample(sampler)
    sampler.load = 0.5
  end)

  teardown(function() bpf.host = given end)

  local function line(width, paused)
    local view = { title = function() return "" end }
    return (head.lines(sampler, view, width, paused)[1]:gsub("\27%[[%d;]*m", ""))
  end

  it("keeps the clock and the mark at 80 columns, and cuts the kernel's name", function()
    assert.matches(" Linux 6%.12%.118  .* BPF +%d%d:%d%d:%d%d$", line(80, false))
    assert.matches(" Linux 6%.12%.118  .* BPF +paused$", line(80, true))
    assert.matches(" Linux 6%.12%.118%+deb13%-cloud%-amd64 .* BPF +paused$", line(120, true))
  end)

  it("keeps the mark where even that is too long", function()
    assert.matches("^lunette top .* paused$", line(40, true))
    assert.truthy(#line(40, true) <= 42, line(40, true)) -- an ellipsis has three bytes
  end)
end)
