-- HTTP requests of Go programs, as their clients send and their servers answer them.

local bpf = require("bpf")
local container = require("lunette.container")
local lunette = require("lunette")

local CLIENT <const> = 0
local CHUNK <const> = 4096 -- of /proc/PID/cgroup

-- Where the probes sit. The last ones of each program are not in every file.
local ENTRIES = {
  ["net/http.(*Transport).RoundTrip"] = "client_begins",
  ["net/http.serverHandler.ServeHTTP"] = "server_begins",
  ["net/http.(*response).WriteHeader"] = "server_answers",
  ["net/http.(*http2responseWriter).WriteHeader"] = "server_answers",
  ["net/http.(*response).write"] = "server_writes",
  ["net/http.(*http2responseWriter).write"] = "server_writes",
}
local RETURNS = {
  ["net/http.(*Transport).RoundTrip"] = "client_ends",
  ["net/http.serverHandler.ServeHTTP"] = "server_ends",
}

local function cgroup_of(pid)
  local f <close> = io.open(("/proc/%d/cgroup"):format(pid))
  return f and (f:read(CHUNK) or ""):match("0::([^\n]*)")
end

-- The probes of a file: { program, offset }; none for what is no Go program with net/http.
local function probes_of(path)
  local functions, err = bpf.elf_functions(path, "net/http.*")
  if not functions then return nil, err end
  local list = {}
  for _, found in ipairs(functions) do
    local entry, ends = ENTRIES[found.name], RETURNS[found.name]
    if entry then list[#list + 1] = { entry, found.offset } end
    local offsets, why = {}, nil
    if ends then offsets, why = bpf.elf_returns(path, found.offset, found.size) end
    if not offsets then return nil, why end
    for _, offset in ipairs(offsets) do list[#list + 1] = { ends, offset } end
  end
  return list
end

-- Attaches all probes of a file. True, or nil and why.
local function attach_file(object, path, probes)
  for _, probe in ipairs(probes) do
    local ok, why = object:attach(probe[1], { uprobe = path, offset = probe[2] })
    if not ok then return nil, why end
  end
  return true
end

local function attach_one(object, path)
  local probes, err = probes_of(path)
  if not probes then return nil, ("%s: %s"):format(path, err) end
  if #probes == 0 then
    return nil, ("%s: it is no Go program that has net/http"):format(path)
  end
  return attach_file(object, path, probes)
end

-- Attaches to all Go programs that run now; one that refuses is left out, and named in the log.
local function attach_all(object)
  local executables, err = bpf.executables()
  if not executables then return nil, err end
  local count, why = 0, nil
  for _, one in ipairs(executables) do
    local path = ("/proc/%d/exe"):format(one.pid)
    local probes = probes_of(path)
    if probes and #probes > 0 then
      local ok, refusal = attach_file(object, path, probes)
      if ok then
        count = count + 1
      else
        why = ("%s: %s"):format(one.path, refusal)
        lunette.log.warning("httpobserver: %s", why)
      end
    end
  end
  if count > 0 then return true end
  return nil, why or "no Go program that has net/http runs: start one, or name its file with --path"
end

local function url(row)
  local query = row.query ~= "" and "?" .. row.query or ""
  local scheme = row.scheme ~= "" and row.scheme .. "://" or ""
  return scheme .. row.host .. row.path .. query
end

return lunette.tool {
  name = "httpobserver", help = "Trace HTTP requests of Go programs, clients and servers.",
  object = "httpobserver.bpf.o",
  params = {
    { "path", type = "text", set = false, argname = "FILE",
      help = "Trace processes of this file. Default: of all Go programs that run." },
    { "pid", short = "p", set = false, help = "Trace the file that this process runs." },
    { "side", type = "text", choices = { "client", "server" }, set = false,
      help = "Print requests of clients or of servers only." },
    { "container", short = "c", type = "flag", set = false,
      help = "Print the container, too, by the process' control group." },
    { "slower", type = "number", least = 0, set = false, argname = "MS",
      help = "Print only requests that took MS or more." },
  },
  set = function()
    local host = bpf.host()
    return { pidns_dev = host.pidns_dev, pidns_ino = host.pidns_ino }
  end,
  attach = function(object, values)
    if values.pid then return attach_one(object, ("/proc/%d/exe"):format(values.pid)) end
    if values.path then return attach_one(object, values.path) end
    return attach_all(object)
  end,
  events = "events",
  keep = function(values)
    local side, slower = values.side, (values.slower or 0) * 1e6
    return function(row)
      return row.latency >= slower and (not side or (row.side == CLIENT) == (side == "client"))
    end
  end,
  row = function(row)
    row.container = container.id(cgroup_of(row.pid))
    row.side = row.side == CLIENT and "client" or "server"
    row.status = row.failed == 0 and row.status or nil
    row.length = row.length >= 0 and row.length or nil
    row.url, row.route = url(row), row.path:gsub("/%d+%f[/\0]", "/:id")
    return row
  end,
  columns = {
    { "PID", "pid", width = 7 }, { "COMM", "comm", width = 15 }, { "SIDE", "side", width = 6 },
    { "METHOD", "method", width = 6 }, { "STATUS", "status", width = 6, numeric = true },
    { "MS", name = "latency_ms", width = 8, align = "right", numeric = true,
      value = function(row) return row.latency // 1000 / 1000 end },
    { "BYTES", "length", width = 7, numeric = true },
    { "CONTAINER", name = "container", width = 12,
      value = function(row) return row.container and row.container:sub(1, 12) end,
      when = function(values) return values.container end },
    { "URL", "url" },
  },
  metrics = {
    { name = "http_requests_total", help = "HTTP requests of Go programs.",
      labels = { "side", "comm", "method", "host", "route", "status" } },
    { name = "http_request_duration_seconds", help = "Time of HTTP requests of Go programs.",
      labels = { "side", "host", "route", "status" }, histogram = "latency", unit = "ns" },
  },
  needs = "uprobes, and for pids of containers Linux 5.7",
}
