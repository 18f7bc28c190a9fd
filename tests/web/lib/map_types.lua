-- Holds a filled map of every type, and a program of each kind that can be run by hand, until its
-- input ends; prints their ids by name as JSON.
-- lunette run tests/web/lib/map_types.lua

package.path = "./?.lua;" .. package.path

local bpf = require("bpf")
local fixture = require("tests.lua.support.fixture")
local json = require("lunette.runtime.json")
local map_types = require("tests.lua.support.map_types")

local NAMES = {
  "mt_hash", "mt_array", "mt_pc_hash", "mt_pc_array", "mt_lru", "mt_pc_lru", "mt_lpm", "mt_queue",
  "mt_stack", "mt_progs", "mt_outer", "mt_inode", "mt_stacks", "mt_ring", "mt_task", "mt_sk",
  "mt_cgrp", "mt_bloom", "mt_cgroups", "ty_outer", "ty_devmap", "ty_devmap_hash", "ty_cpumap",
  "ty_sockmap", "ty_sockhash", "ty_reuseport", "ty_cg_storage", "ty_cg_storage_pc",
  "ty_user_ring", "ty_perf", "ty_xskmap", "ty_arena", "ty_sockmap_4",
}

-- The mount point of cgroup version 2; nil when it is not mounted.
local function cgroups()
  for line in io.lines("/proc/mounts") do
    local path = line:match("^%S+ (%S+) cgroup2 ")
    if path then return path end
  end
end

-- Entries of local storage, added by bpftool with descriptors that a shell or Python opens.
local function fill_storage(maps)
  local update = "bpftool map update id %d key %s 0 0 0 value 7 0 0 0 9 0 0 0"
  local folder = cgroups()
  if folder and maps.mt_cgrp then
    assert(os.execute(("bash -c 'exec 3<%s; %s'"):format(folder,
      update:format(maps.mt_cgrp:id(), 3))))
  end
  local python = "python3 -c 'import os, subprocess; fd = os.pidfd_open(%d); "
    .. "subprocess.run((\"%s\" %% fd).split(), pass_fds=[fd], check=True)'"
  assert(os.execute(python:format(fixture.pid(), update:format(maps.mt_task:id(), "%d"))))
end

-- The socket lives as long as its holder, which ends with our input. Closing the pipe would wait
-- for the holder, so the pipe is kept.
local function hold_socket(map)
  local script = "exec 3<>/dev/udp/127.0.0.1/9; bpftool map update id %d key 3 0 0 0 "
    .. "value 7 0 0 0 9 0 0 0 && echo ready; read"
  local pipe = assert(io.popen(("bash -c '%s'"):format(script:format(map:id()))))
  assert(pipe:read("l") == "ready")
  return pipe
end

local loaded = map_types.load(NAMES)
fill_storage(loaded.maps)
local holder = hold_socket(loaded.maps.mt_sk)
local runs = assert(bpf.load(fixture.object("run")))
local ids = { maps = {}, programs = {}, pid = fixture.pid() }
for name, map in pairs(loaded.maps) do ids.maps[name] = map:id() end
for _, prog in ipairs(runs:progs()) do
  local info = type(prog) == "userdata" and prog:info() or prog
  ids.programs[info.name] = info.id
end
print(json.encode(ids))
io.stdout:flush()
io.stdin:read("a")
holder:close()
runs:close()
loaded:close()
