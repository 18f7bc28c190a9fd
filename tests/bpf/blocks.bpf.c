// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A packet parser with several hundred basic blocks: for drawings of control flow at size. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define BYTES 128

/* A look at a byte, and one of two helpers. */
#define STEP(n)                                                                                    \
	do {                                                                                       \
		if (data[n] & 1)                                                                   \
			sum += bpf_ktime_get_ns();                                                 \
		else if (data[n] > 64)                                                             \
			sum ^= bpf_get_smp_processor_id() + (n);                                   \
	} while (0)

/* clang-format off */
#define STEPS4(n) STEP(n); STEP(n + 1); STEP(n + 2); STEP(n + 3)
#define STEPS16(n) STEPS4(n); STEPS4(n + 4); STEPS4(n + 8); STEPS4(n + 12)

#define KIND(n) case (n) * 7: return bpf_get_prandom_u32() % ((n) + 2)
#define KINDS4(n) KIND(n); KIND(n + 1); KIND(n + 2); KIND(n + 3)
#define KINDS16(n) KINDS4(n); KINDS4(n + 4); KINDS4(n + 8); KINDS4(n + 12)
/* clang-format on */

static __always_inline unsigned int by_kind(unsigned char kind)
{
	switch (kind) {
		KINDS16(0);
		KINDS16(16);
	}
	return 0;
}

SEC("xdp")
int blocks(struct xdp_md *ctx)
{
	volatile unsigned char *data = (void *)(long)ctx->data;
	unsigned char *end = (void *)(long)ctx->data_end;
	unsigned long long sum = 0;

	if ((unsigned char *)data + BYTES > end)
		return XDP_PASS;
	STEPS16(0);
	STEPS16(16);
	STEPS16(32);
	STEPS16(48);
	STEPS16(64);
	sum += by_kind(data[BYTES - 1]);
	STEPS16(80);
	STEPS16(96);
	return sum & 1 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
