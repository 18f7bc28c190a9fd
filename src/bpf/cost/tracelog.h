#pragma once
/*
 * The kernel's trace pipe, where bpf_printk writes. Reading takes the lines out: of several
 * readers each gets a part, whatever the program they read with.
 */
#include "text/out.h"

struct lun_tracelog;

/* 0, -ENOENT (tracefs is not mounted), -EACCES, -ENOMEM. */
int lun_tracelog_open(struct lun_tracelog **log);
/*
 * Waits up to timeout_ms for something and appends what whole lines there are, each with its
 * newline. 0 (also when there was nothing), or -errno.
 */
int lun_tracelog_read(struct lun_tracelog *log, int timeout_ms, struct lun_out *out);
void lun_tracelog_close(struct lun_tracelog *log);
