-- --etm as in dev-agent, compared with its README.

local bpf = require("bpf")
local etm = require("lunette.metrics.etm")
local lunette = require("lunette")
local support = require("tests.lua.metrics.support")
local metrics = lunette.metrics

describe("--etm", function()
  local object

  before_each(function()
    support.clear()
    object = support.object()
  end)

  after_each(function() object:close() end)

  local function text()
    return support.text { off = { programs = true, maps = true, links = true, btf = true,
      lunette = true }, names = { devagent_ebpf_map_entry_count = true,
      devagent_ebpf_map_entry_value = true } }
  end

  local function per_cpu(numbers)
    local values = {}
    for cpu = 1, (bpf.cpus()) do values[cpu] = ("<i8"):pack(numbers[cpu] or 0) end
    return values
  end

  it("exports a per-CPU map with one sample a CPU", function()
    local map = object:map("mx_percpu")
    local id = map:info().id
    map:update("(anacron)\0\0\0\0\0\0\0", per_cpu { 3, -1 })
    assert(metrics.etm(("%d-%d:mx_percpu:string"):format(id, id)))
    local page = text()
    assert.are.equal("1", support.sample(page,
      ('devagent_ebpf_map_entry_count{id="%d",name="mx_percpu",type="PerCPUHash"}'):format(id)))
    assert.are.equal("3", support.sample(page,
      ('devagent_ebpf_map_entry_value{cpu="0",id="%d",key="(anacron)",'
        .. 'name="mx_percpu",type="PerCPUHash"}')
        :format(id)))
    if (bpf.cpus()) > 1 then
      assert.are.equal("-1", support.sample(page,
        ('devagent_ebpf_map_entry_value{cpu="1",id="%d",key="(anacron)",'
          .. 'name="mx_percpu",type="PerCPUHash"}')
          :format(id)))
    end
  end)

  it("exports a plain map with an empty cpu, golden", function()
    local map = object:map("mx_buckets")
    local id = map:info().id
    map:update(("<I4I4"):pack(1, 2), ("<i8"):pack(-5))
    map:update(("<I4I4"):pack(0xff, 0), ("<i8"):pack(1 << 40))
    assert(metrics.etm(("%d-:buckets:hex"):format(id)))
    support.golden("etm.txt", (text():gsub('id="' .. id .. '"', 'id="ID"')))
  end)

  it("writes numbers as dev-agent does", function()
    local map = object:map("mx_buckets")
    map:update(("<I4I4"):pack(7, 0), ("<i8"):pack(2))
    assert(metrics.etm(("%d-:mx_buckets:number"):format(map:info().id)))
    assert.is_truthy(text():find('key="7",name="mx_buckets"', 1, true))
  end)

  it("takes the first rule that matches", function()
    local map = object:map("mx_buckets")
    local id = map:info().id
    map:update(("<I4I4"):pack(7, 0), ("<i8"):pack(2))
    assert(metrics.etm(("%d-:^mx_b.*s$:hex"):format(id)))
    assert(metrics.etm(("%d-:mx_buckets:number"):format(id)))
    local page = text()
    assert.is_truthy(page:find('key="0700000000000000"', 1, true))
    assert.is_falsy(page:find('key="7"', 1, true))
  end)

  it("reads its parts: open ranges, colons in the pattern", function()
    local one = etm.parse("3-:a:b:number")
    assert.are.equal(3, one.from)
    assert.are.equal(math.maxinteger, one.to)
    assert.are.equal("number", one.format)
    assert.is_truthy(one.regex:match("xa:by"))
    assert.are.equal(0, etm.parse("-9:x:hex").from)
    assert.are.equal(9, etm.parse("-9:x:hex").to)
  end)

  it("says what is wrong with one", function()
    for text_of_rule, words in pairs {
      ["x"] = "is not ID_START-ID_END:NAME_REGEXP:KEY_FORMAT",
      ["-:x:text"] = "the key format is string, number or hex, not 'text'",
      ["-:(:hex"] = "does not compile",
      ["9-3:x:hex"] = "no range of ids",
    } do
      local ok, err = metrics.etm(text_of_rule)
      assert.is_nil(ok)
      assert.is_truthy(err:find(words, 1, true), err)
    end
  end)
end)
