#pragma once
/* Chunked bodies (RFC 9112, 7.1): the lines between the chunks. */
#include <stdint.h>
#include <stddef.h>

/* The size that the line "SIZE[; extensions]\r\n" names; extensions are ignored. -1: malformed. */
int64_t lun_chunk_size(const char *line, size_t len);
