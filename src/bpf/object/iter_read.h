#pragma once
/* Helpers for modules that load a BPF iterator. */
#include <stdbool.h>

#include "text/out.h"

/* Reads a BPF iterator to its end, appending to out. 0 or -errno. The caller closes fd. */
int lun_iter_read(int fd, struct lun_out *out);
/* Whether a later load may succeed: err says that descriptors or memory are short now. */
bool lun_iter_may_retry(int err);
