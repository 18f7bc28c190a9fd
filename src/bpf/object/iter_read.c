#include "bpf/object/iter_read.h"

#include <errno.h>
#include <unistd.h>

int lun_iter_read(int fd, struct lun_out *out)
{
	enum { CHUNK = 16384 };
	ssize_t n;
	char *p;

	for (;;) {
		p = lun_out_reserve(out, CHUNK);
		if (!p)
			return out->err;
		n = read(fd, p, CHUNK);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		out->len += (size_t)n;
	}
}

bool lun_iter_may_retry(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EAGAIN;
}
