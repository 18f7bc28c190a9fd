// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Sections as ebpf_exporter has them: they say where to attach. */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>

__u64 sec_ticks;

SEC("xdp/lo")
int sec_on_lo(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/no_such_device")
int sec_nowhere(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("perf_event/type=1,config=0,frequency=99")
int sec_clock(struct bpf_perf_event_data *ctx)
{
	__sync_fetch_and_add(&sec_ticks, 1);
	return 0;
}

SEC("perf_event/type=1,color=3")
int sec_wrong(struct bpf_perf_event_data *ctx)
{
	return 0;
}

SEC("perf_event")
int sec_any(struct bpf_perf_event_data *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
