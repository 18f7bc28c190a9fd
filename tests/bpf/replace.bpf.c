// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A program with a function, and one that takes the function's place (freplace). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int rep_function(struct xdp_md *ctx)
{
	volatile int result = 1;

	return ctx ? result : 0;
}

SEC("xdp")
int rep_target(struct xdp_md *ctx)
{
	return rep_function(ctx);
}

SEC("freplace/rep_function")
int rep_new(struct xdp_md *ctx)
{
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
