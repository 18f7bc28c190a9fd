#include "bpf/cost/prog_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROG_STREAM_READ_BY_FD = 37, CHUNK = 4096, MOST = 1 << 20 };

/* The part of union bpf_attr that the command reads, of Linux 6.17. */
struct stream_attr {
	uint64_t buffer;
	uint32_t size;
	uint32_t stream;
	uint32_t prog_fd;
	uint32_t pad;
};

static long read_chunk(int fd, enum lun_prog_stream stream, char *buffer)
{
	struct stream_attr attr;
	long n;

	memset(&attr, 0, sizeof(attr));
	attr.buffer = (uint64_t)(uintptr_t)buffer;
	attr.size = CHUNK;
	attr.stream = stream;
	attr.prog_fd = (uint32_t)fd;
	n = syscall(SYS_bpf, PROG_STREAM_READ_BY_FD, &attr, sizeof(attr) - sizeof(attr.pad));
	return n < 0 ? -errno : n;
}

int lun_prog_stream_read(int fd, enum lun_prog_stream stream, struct lun_out *out)
{
	size_t first = out->len;
	char *p;
	long n;

	do {
		p = lun_out_reserve(out, CHUNK);
		if (!p)
			return out->err;
		n = read_chunk(fd, stream, p);
		if (n > 0)
			out->len += (size_t)n;
	} while (n > 0 && out->len - first < MOST);
	return n == -EINVAL ? -EOPNOTSUPP : n < 0 ? (int)n : 0;
}
