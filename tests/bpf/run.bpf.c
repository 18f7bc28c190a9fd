// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Programs to be run by hand: one that looks at the packet, one that changes it, others' types. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("xdp")
int run_first_byte(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + 1 > end ? 0 : data[0];
}

SEC("xdp")
int run_mark(struct xdp_md *ctx)
{
	unsigned char *data, *end;

	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + 4 > end)
		return XDP_ABORTED;
	__builtin_memcpy(data, "lun!", 4);
	return XDP_PASS;
}

SEC("tc")
int run_skb_mark(struct __sk_buff *skb)
{
	skb->mark += 1;
	return (int)skb->len;
}

SEC("raw_tp/sys_enter")
int run_arguments(struct bpf_raw_tracepoint_args *ctx)
{
	return (int)(ctx->args[0] + ctx->args[1]);
}

SEC("syscall")
int run_syscall(__u64 *ctx)
{
	*ctx *= 2;
	return 7;
}

SEC("tracepoint/syscalls/sys_enter_getpgid")
int run_tracepoint(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
