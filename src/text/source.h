#pragma once
/*
 * A stream of text that is made while it is read: each pull writes about 64 KiB more into the given
 * writer. It needs no VM. Any thread may pull, one at a time.
 */
#include "text/out.h"

struct lun_source {
	/* 1: there is more, 0: that was the end, or -errno. */
	int (*pull)(struct lun_source *src, struct lun_out *out);
	/* Releases the source itself too. */
	void (*close)(struct lun_source *src);
	/* After the end: a sentence on what its reader should know of how the whole was made (it
	 * changed meanwhile, it was cut short), else NULL. The source's own; may be missing. */
	const char *(*note)(const struct lun_source *src);
};

static inline const char *lun_source_note(const struct lun_source *src)
{
	return src->note ? src->note(src) : NULL;
}
