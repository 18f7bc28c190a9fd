#include "bpf/stats.h"

#include <bpf/bpf.h>
#include <errno.h>

int lun_stats_open(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}
