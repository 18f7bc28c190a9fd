// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Writes to its own streams (Linux 6.17). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Its name changed from 6.17 to 6.18. */
extern int bpf_stream_vprintk_impl(
	int stream, const char *format, const void *args, __u32 size, void *aux) __ksym __weak;
extern int bpf_stream_vprintk(
	int stream, const char *format, const void *args, __u32 size, void *aux) __ksym __weak;

SEC("syscall")
int str_say(__u64 *ctx)
{
	static const char out[] = "said %llu\n", err[] = "a complaint\n";
	__u64 args[] = { *ctx };

	if (bpf_stream_vprintk_impl)
		return bpf_stream_vprintk_impl(1, out, args, sizeof(args), NULL) < 0 ||
			bpf_stream_vprintk_impl(2, err, args, 0, NULL) < 0;
	if (bpf_stream_vprintk)
		return bpf_stream_vprintk(1, out, args, sizeof(args), NULL) < 0 ||
			bpf_stream_vprintk(2, err, args, 0, NULL) < 0;
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
