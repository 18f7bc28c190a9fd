-- The server's state, for the metrics page.

local core = require("lunette.core.server")

local status = {}

local GAUGES = {
  { "generation", "lunette_generation", "Which loading of the scripts serves." },
  { "workers", "lunette_vms", "VMs that answer requests." },
  { "busy", "lunette_vms_busy", "VMs that run something now." },
  { "queued", "lunette_requests_queued", "Requests that wait for a VM." },
  { "connections", "lunette_connections", "WebSockets and event streams." },
  { "services", "lunette_services", "Services that run." },
  { "services_waiting", "lunette_services_waiting",
    "Services that wait until their predecessor, which is stuck in C code, has ended." },
  { "stuck", "lunette_vms_stuck", "VMs that are stuck in C code, and were given up." },
  { "memory", "lunette_vms_memory_bytes", "Lua memory of the VMs that answer requests.", "bytes" },
}

local function counter(name, help, value, labels)
  return { name = name, type = "counter", help = help, value = value, labels = labels }
end

--- The server's samples for the metrics page; empty outside a server.
---@return { name: string, type: string, help: string, unit?: string, value: number,
---  labels?: table<string, string> }[]
function status.metrics()
  local state = core.state()
  if not state then return {} end
  local list = {}
  for _, gauge in ipairs(GAUGES) do
    list[#list + 1] = { name = gauge[2], type = "gauge", help = gauge[3], unit = gauge[4],
      value = state[gauge[1]] }
  end
  list[#list + 1] = { name = "lunette_scripts_ok", type = "gauge",
    help = "0 when a script or service failed since the last good loading.",
    value = #state.errors == 0 and 1 or 0 }
  list[#list + 1] = counter("lunette_vms_given_up_total",
    "VMs that were given up, as they were stuck in C code.", state.given_up)
  list[#list + 1] = counter("lunette_reloads_total", "Loadings of the scripts by outcome.",
    state.reloads, { outcome = "ok" })
  list[#list + 1] = counter("lunette_reloads_total", "Loadings of the scripts by outcome.",
    state.reloads_failed, { outcome = "failed" })
  for _, class in ipairs { "1xx", "2xx", "3xx", "4xx", "5xx" } do
    list[#list + 1] = counter("lunette_http_responses_total", "HTTP responses by class.",
      state.answers[class], { class = class })
  end
  return list
end

return status
