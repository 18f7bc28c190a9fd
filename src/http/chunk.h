#pragma once
/* Parses chunked bodies (RFC 9112, 7.1). */
#include <stdint.h>
#include <stddef.h>

/* The size in a chunk's line "SIZE[; extensions]\r\n"; extensions are ignored. -1: malformed. */
int64_t lun_chunk_size(const char *line, size_t len);
