#pragma once
/*
 * Streams of large maps that several threads read and write: after the first batch, each takes
 * ranges of the rest. The text is the same as of one thread.
 */
#include "bpf/read/stream.h"

/* How many threads a stream may have: one for a sorted one, one with a limit, a table, or a Lua
 * function. */
uint32_t lun_stream_threads(const struct lun_stream *s);
/* Begins after the batch that `ahead` has read without a thread. 0 or -errno. */
int lun_stream_team_open(struct lun_stream *s);
void lun_stream_team_close(struct lun_stream *s);
/* Writes the text of another range. 0 or -errno. */
int lun_stream_team_write(struct lun_stream *s, struct lun_out *out);
