-- The built-in service "peers", of a server with --peers: reads the sources of hosts again and
-- again. A source that fails keeps the hosts that it had.

local lunette = require("lunette")
local shared = require("lunette.runtime.shared")

local PAUSE = 1.0 -- seconds between two rounds

local function read(one, settings)
  local sources = require("lunette.hosts.sources")
  one.source = one.source or assert(sources.of(one.text))
  local list, err = one.source.read(settings)
  if err and err ~= one.error then lunette.log.error("--peers %s: %s", one.text, err) end
  if not err and one.error then lunette.log.info("--peers %s: it can be read again", one.text) end
  one.error, one.list = err, list or one.list
  one.due = lunette.now() + (err and math.min(one.source.every, 5) or one.source.every)
end

local function tell(all)
  local lists, report = {}, {}
  for i, one in ipairs(all) do
    lists[i] = one.list
    report[i] = { source = one.text, hosts = #one.list, error = one.error }
  end
  local list = require("lunette.hosts.sources").merged(lists)
  local ok, err = shared.set("hosts.list", list)
  if not ok then lunette.log.error("--peers: %s", err) end
  shared.set("hosts.sources", report)
end

if shared.get("hosts.peers") then
  lunette.service("peers", function(svc)
    local settings = shared.get("hosts.settings") or {}
    local all = {}
    for i, text in ipairs(shared.get("hosts.peers")) do
      all[i] = { text = text, list = {}, due = 0 }
    end
    repeat
      local moved = false
      for _, one in ipairs(all) do
        if lunette.now() >= one.due then
          read(one, settings)
          moved = true
        end
      end
      if moved then tell(all) end
    until not svc:sleep(PAUSE)
  end)
end
