#pragma once
/*
 * Writing a whole file safely. A regular file, or a name without a file, gets its new content at
 * once, with lun_file_out_commit: a reader sees the old content or the new one, the old file's
 * owner and mode stay, and so does a symbolic link to it. Anything else (a device, a FIFO, a
 * socket's path) is written in place. Until the commit nothing has a name, so that nothing is left
 * behind when the process is killed.
 */
#include <stdbool.h>
#include <stddef.h>

struct lun_file_out;

/* Opens `path` for new content. With regular_only, other than regular files are refused: -ENOTSUP.
 * 0 or -errno. */
int lun_file_out_open(struct lun_file_out **out, const char *path, bool regular_only);
int lun_file_out_write(struct lun_file_out *out, const void *data, size_t len);
/* Puts the content in place. 0 or -errno; lun_file_out_close is due in either case. */
int lun_file_out_commit(struct lun_file_out *out);
/* Frees it. Without a commit, a regular file stays as it was. */
void lun_file_out_close(struct lun_file_out *out);
