-- System calls by process name, counted by a BPF program of our own: how a script loads a
-- program, decodes its map, exports it to Prometheus, adds a field to GraphQL and a page to the
-- explorer. Try it: lunette serve --script examples/syscalls

local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

-- Once in the process, however many VMs answer requests; gone from the kernel with this script.
local counter = lunette.load("syscalls", "syscalls.bpf.o")

-- What the bytes mean: to the explorer's table, GraphQL, `lunette map dump` and the metrics.
lunette.decoder {
  match = { name = "SYSCALLNUM" },
  key = d.cstring(16):as("comm"),
  value = d.u64():as("calls"),
}

-- For Prometheus, at /metrics: the hundred busiest.
metrics.map {
  name = "syscalls_total", type = "counter", help = "System calls by process name.",
  match = { name = "SYSCALLNUM" },
  labels = { comm = "key.comm" }, value = "value.calls",
  top = 100,
}

-- For GraphQL: { host { syscalls } }
lunette.graphql.extend("Host", {
  syscalls = {
    type = "UInt64", description = "System calls counted since the demo began, or null.",
    resolve = function()
      local map <close> = counter:map("SYSCALLNUM")
      if not map then return nil end
      local sum = 0
      for _, cpus in map:each() do
        for _, count in ipairs(cpus) do sum = sum + count.calls end
      end
      return sum
    end,
  },
})

-- For the explorer: a page of its own in the menu.
lunette.ui.page("syscalls", {
  title = "System calls", every = 1,
  view = function(ui)
    return ui.chart { map = "SYSCALLNUM", by = "comm", rate = true, top = 10 }
  end,
})
