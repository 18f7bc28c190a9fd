-- Programs of the kinds that some kernels lack, after they have run: their costs, metrics, code and
-- GraphQL, compared with bpftool.

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local kinds = require("tests.lua.kernels.support.kinds")
local support = require("tests.lua.schema.support")

local PATH = fixture.object("kernels/tracing")

local NAMES = {
  "k_kprobe", "k_kretprobe", "k_multi", "k_retmulti", "k_tracepoint", "k_raw_tp", "k_fentry",
  "k_fexit", "k_fmod_ret", "k_tp_btf", "k_lsm", "k_lsm_void",
}

-- The kernel calls its functions for tests when a tracing program is run by hand; a process does
-- the rest.
local function run_all()
  for _, name in ipairs { "k_fentry", "k_fmod_ret" } do
    local id = kinds.prog(name)
    if id then
      local prog <close> = assert(bpf.prog(id))
      prog:run()
    end
  end
  os.execute("python3 -c 'import os; os.getpgid(0)'; mkdir /tmp/lunette-views; "
    .. "rmdir /tmp/lunette-views")
end

local page, mine, theirs = nil, {}, {}

setup(function()
  for _, name in ipairs(NAMES) do kinds.attach(PATH, name) end
  local stats = assert(bpf.stats())
  run_all()
  page = fixture.output(fixture.binary() .. " metrics")
  for _, name in ipairs(NAMES) do
    local id = kinds.prog(name)
    mine[name] = id and assert(bpf.prog_info(id))
    theirs[name] = id and fixture.json("bpftool -j prog show id " .. id)
  end
  stats:close()
end)

teardown(kinds.close)

local QUERY = [[{ program(id: %d) { name kernelType typeId tag runs runTimeNs xlatedSize jitedSize
  verifiedInsns instructions { text } functions { name } cfg { name } native { name }
  rate { runs } } }]]

-- The value of a program's sample in the metrics; nil when it has none.
local function sample(metric, id)
  return tonumber(page:match(("\n%s{id=\"%d\"[^\n]*} ([^\n]+)"):format(metric, id)))
end

local function check(name)
  local id = kinds.prog(name)
  if not id then return pending(kinds.reason(name)) end
  local info, other = mine[name], theirs[name]
  assert.is_true(info.run_cnt > 0, "runs")
  assert.is_true(info.run_time_ns > 0, "their time")
  assert.is_true(other.run_cnt >= info.run_cnt)
  assert.same({ other.type, other.tag, other.bytes_xlated, other.bytes_jited },
    { info.type, info.tag, info.xlated_len, info.jited_len })
  local runs = sample("ebpf_program_runs_total", id)
  assert.is_true(runs > 0 and runs <= info.run_cnt, tostring(runs))
  assert.is_true(sample("ebpf_program_run_time_seconds_total", id) > 0)
  assert.equal(1, sample("ebpf_program_info", id))
  local told = support.ask(QUERY:format(id)).program
  local code = fixture.json("bpftool -j prog dump xlated id " .. id)
  assert.equal(#code, #told.instructions)
  assert.same({ other.type, other.tag, other.bytes_xlated, other.bytes_jited },
    { told.kernelType, told.tag, told.xlatedSize, told.jitedSize })
  assert.is_true(math.tointeger(told.runs) >= info.run_cnt)
  assert.same({ { name = name } }, told.functions)
  assert.same({ { name = name } }, told.cfg)
  assert.same({ { name = name } }, told.native)
end

describe("a program that ran, in costs, metrics, code and GraphQL:", function()
  for _, name in ipairs(NAMES) do
    it(name, function() check(name) end)
  end
end)
