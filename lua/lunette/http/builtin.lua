-- The endpoints that ship with Lunette, declared like a script's. Their modules are loaded at the
-- first request, so that a VM starts small. C answers /healthz and /readyz (src/http/health.c),
-- even when all VMs are busy.

local http = require("lunette.http")

http.get("/metrics", function(req) return require("lunette.metrics").respond(req) end)

local TYPES = { ndjson = "application/x-ndjson", csv = "text/csv; charset=utf-8" }

local function entries(format)
  return function(req)
    local id = math.tointeger(tonumber(req.params.id:match("^%d+$")))
    if not id then return { status = 400, json = { error = { message = "a map's id" } } } end
    local map <close>, err, errno = require("bpf").map(id)
    if not map then
      return { status = errno == 2 and 404 or 500, json = { error = { message = err } } }
    end
    local stream, why = map:stream { format = format, guard = req.query.guard ~= "no" }
    if not stream then return { status = 422, json = { error = { message = why } } } end
    return { stream = stream, headers = { ["content-type"] = TYPES[format] } }
  end
end

http.get("/maps/:id/entries.ndjson", entries("ndjson"))
http.get("/maps/:id/entries.csv", entries("csv"))

-- The hosts of --peers, for Prometheus' http_sd.
http.get("/sd", function() return { json = require("lunette.hosts").targets() } end)

require("lunette.http.graphql")
require("lunette.services.watch")
require("lunette.services.sampler")
require("lunette.services.tracelog")
require("lunette.services.profiler")
require("lunette.services.tools")
require("lunette.services.peers")
