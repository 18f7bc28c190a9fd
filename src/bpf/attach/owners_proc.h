#pragma once
/* Owners by /proc, for kernels and privileges without BPF iterators. */
#include "text/out.h"

/* Appends struct lun_owner_record's. Processes that may not be read are left out. */
int lun_owners_proc(struct lun_out *out);
