-- Switches the statistics on for a tenth of each second, until it is killed.

local bpf = require("bpf")

local sampler = bpf.sampler()
while true do
  sampler:stats(false)
  os.execute("sleep 0.9")
  sampler:stats(true)
  sampler:baseline()
  os.execute("sleep 0.1")
  sampler:sample()
end
