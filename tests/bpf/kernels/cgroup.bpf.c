// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Programs that hang on control groups, of kinds that some kernels lack. Each lets all pass. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PROGRAM(section, name)                                                                     \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return 1;                                                                          \
	}

PROGRAM("lsm_cgroup/socket_bind", k_lsm_cgroup)
PROGRAM("sockops", k_sockops)
PROGRAM("cgroup/getsockname4", k_getsockname)
PROGRAM("cgroup/sock_release", k_release)

char LICENSE[] SEC("license") = "GPL";
