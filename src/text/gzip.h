#pragma once
/*
 * gzip: a whole text at once by libdeflate (fast), or a stream while it is made by zlib
 * (constant memory).
 */
#include "text/source.h"

/* Appends the gzip of data to out. 0, -ENOMEM. */
int lun_gzip(struct lun_out *out, const void *data, size_t len);
/* A source that compresses another, which it owns from then on (and closes when this fails). */
struct lun_source *lun_gzip_source(struct lun_source *inner);
