-- The rules of metrics_bench.lua, loaded by it and by the server that it starts.

local lunette = require("lunette")
local d, metrics = lunette.decode, lunette.metrics

local function rule(name, spec, map)
  spec.rule, spec.name = name, "bench_" .. name:gsub(" ", "_")
  spec.match = { name = map or "mx_big" }
  spec.decode = { key = d.cstring(16):as("comm"), value = d.u64() }
  spec.labels = spec.labels or { comm = "key.comm" }
  metrics.map(spec)
end

rule("all", { max_series = math.huge })
rule("top", { top = 100 })
rule("default", {})
rule("lua", { labels = { digit = function(key) return key:sub(-1) end } })
rule("lua top", { top = 100, labels = { comm = function(key) return key end } })
rule("ten", {}, "mx_ten")
metrics.collect("ten thousand", function(emit)
  emit.family { name = "bench_series" }
  for i = 1, 10000 do emit("bench_series", i, { process = "process-" .. i }) end
end)
