#pragma once
/* What whoever has an iterator of its own needs. */
#include <stdbool.h>

#include "text/out.h"

/* Reads a BPF iterator to its end, appending to out. 0 or -errno. The caller closes fd. */
int lun_iter_read(int fd, struct lun_out *out);
/* Whether loading it may go well the next time: what is short now may not be so then. */
bool lun_iter_may_load(int err);
