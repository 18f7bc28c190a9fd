#pragma once
/* Reads a BPF iterator to its end, appending to out. 0 or -errno. The caller closes fd. */
#include "text/out.h"

int lun_iter_read(int fd, struct lun_out *out);
