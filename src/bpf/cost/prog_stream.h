#pragma once
/* Reads a program's own output streams (Linux 6.17 and later). */
#include <stdint.h>

#include "text/out.h"

enum lun_prog_stream { LUN_STREAM_STDOUT = 1, LUN_STREAM_STDERR = 2 };

/* Appends the stream's text to `out`, and removes it from the stream. 0 or -errno; -EOPNOTSUPP:
 * the kernel has no streams. */
int lun_prog_stream_read(int fd, enum lun_prog_stream stream, struct lun_out *out);
