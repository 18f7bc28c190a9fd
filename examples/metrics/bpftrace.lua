-- What bpftrace gathers, for Prometheus: run one of these beside it.
--
--   bpftrace -e 'tracepoint:raw_syscalls:sys_enter { @calls[comm] = count(); }'
--   bpftrace -e 'tracepoint:raw_syscalls:sys_exit { @ret = hist(args->ret); }'
--   bpftrace -e 'tracepoint:raw_syscalls:sys_enter { @ids = lhist(args->id, 0, 400, 50); }'

local lunette = require("lunette")
local metrics = lunette.metrics

-- count(), sum() by process name.
metrics.map {
  name = "bpftrace_calls_total", type = "counter", help = "bpftrace's @calls[comm].",
  match = { name = "AT_calls" },
  labels = { comm = { "key", raw = "string" } },
  cpus = "sum", top = 100,
}

-- hist(): the key is the bucket's number.
metrics.map {
  name = "bpftrace_ret", type = "histogram", help = "bpftrace's @ret.",
  match = { name = "AT_ret" },
  bucket = "key", buckets = { kind = "hist" },
}

-- lhist(): with the bounds that the script gives it.
metrics.map {
  name = "bpftrace_ids", type = "histogram", help = "bpftrace's @ids.",
  match = { name = "AT_ids" },
  bucket = "key", buckets = { kind = "lhist", min = 0, max = 400, step = 50 },
}
