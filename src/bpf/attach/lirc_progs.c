#include "bpf/attach/lirc_progs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGS_MAX = 64 };

static void query(const char *device, struct lun_out *rows)
{
	uint32_t progs[PROGS_MAX], n = PROGS_MAX, flags = 0;
	int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct lun_lirc_prog row;

	if (fd < 0)
		return;
	if (bpf_prog_query(fd, BPF_LIRC_MODE2, 0, &flags, progs, &n))
		n = errno == ENOSPC ? PROGS_MAX : 0;
	close(fd);
	memset(&row, 0, sizeof(row));
	snprintf(row.device, sizeof(row.device), "%s", device);
	for (uint32_t i = 0; i < n; i++) {
		row.prog_id = progs[i];
		lun_out_mem(rows, &row, sizeof(row));
	}
}

int lun_lirc_progs(struct lun_out *rows)
{
	glob_t found;

	switch (glob("/dev/lirc*", GLOB_NOSORT, NULL, &found)) {
	case 0:
		break;
	case GLOB_NOSPACE:
		return -ENOMEM;
	default:
		return 0;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		query(found.gl_pathv[i], rows);
	globfree(&found);
	return rows->err;
}
