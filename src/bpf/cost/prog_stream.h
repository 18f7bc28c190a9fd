#pragma once
/* What a program wrote to its own streams, on kernels that have them (6.17). */
#include <stdint.h>

#include "text/out.h"

enum lun_prog_stream { LUN_STREAM_STDOUT = 1, LUN_STREAM_STDERR = 2 };

/* Takes what is there out of the stream and appends it: nobody else will read it again. 0 or
 * -errno; -EOPNOTSUPP where the kernel has no streams. */
int lun_prog_stream_read(int fd, enum lun_prog_stream stream, struct lun_out *out);
