#pragma once
/*
 * Writes a whole file safely. A regular file, or a new one, gets its content at once by
 * lun_file_out_commit: a reader sees either the old or the new content; the old file's owner and
 * mode stay, and so does a symbolic link to it. Any other file (a device, a FIFO, a socket) is
 * written in place. Until the commit the new file has no name, so nothing is left behind when the
 * process is killed.
 */
#include <stdbool.h>
#include <stddef.h>

struct lun_file_out;

/* Opens `path` for new content. With regular_only, other than regular files are refused: -ENOTSUP.
 * 0 or -errno. */
int lun_file_out_open(struct lun_file_out **out, const char *path, bool regular_only);
int lun_file_out_write(struct lun_file_out *out, const void *data, size_t len);
/* Puts the content in place. 0 or -errno; call lun_file_out_close in either case. */
int lun_file_out_commit(struct lun_file_out *out);
/* Frees it. Without a commit a regular file is unchanged. */
void lun_file_out_close(struct lun_file_out *out);
