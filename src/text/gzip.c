#include "text/gzip.h"
#include "text/monotonic.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

enum {
	LEVEL = 1,
	GZIP_WRAPPER = 16, /* asks deflateInit2 for a gzip header */
	CHUNK = 64 * 1024,
	PAUSE = 8 * 1024, /* bytes; a smaller piece is flushed, so that the reader sees it soon */
	SOON = 50,        /* ms; flushing small pieces more often would defeat compression */
};

int lun_gzip(struct lun_out *out, const void *data, size_t len)
{
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(LEVEL);
	size_t bound;
	char *p;

	if (!z)
		return -ENOMEM;
	bound = libdeflate_gzip_compress_bound(z, len);
	p = lun_out_reserve(out, bound);
	if (p)
		out->len += libdeflate_gzip_compress(z, data, len, p, bound);
	libdeflate_free_compressor(z);
	return out->err;
}

struct gzip_source {
	struct lun_source base;
	struct lun_source *inner;
	struct lun_out text;
	z_stream z;
	uint64_t seen; /* ms: when all text was last flushed; 0: never */
	bool ended;
};

/* Compresses src->text; Z_FINISH writes the trailer too. */
static int squeeze(struct gzip_source *src, struct lun_out *out, int flush)
{
	src->z.next_in = (unsigned char *)src->text.data;
	src->z.avail_in = (uInt)src->text.len;
	do {
		char *p = lun_out_reserve(out, CHUNK);

		if (!p)
			return out->err;
		src->z.next_out = (unsigned char *)p;
		src->z.avail_out = CHUNK;
		if (deflate(&src->z, flush) == Z_STREAM_ERROR)
			return -EIO;
		out->len += CHUNK - src->z.avail_out;
	} while (!src->z.avail_out);
	lun_out_reset(&src->text);
	return 0;
}

static int gzip_pull(struct lun_source *base, struct lun_out *out)
{
	struct gzip_source *src = (struct gzip_source *)base;
	int more, err, flush = Z_NO_FLUSH;

	if (src->ended)
		return 0;
	more = src->inner->pull(src->inner, &src->text);
	if (more >= 0 && src->text.err)
		more = src->text.err;
	if (more < 0)
		return more;
	src->ended = more == 0;
	if (!more) {
		flush = Z_FINISH;
	} else if (src->text.len < PAUSE &&
		(!src->seen || lun_monotonic_ms() - src->seen >= SOON)) {
		flush = Z_SYNC_FLUSH;
		src->seen = lun_monotonic_ms();
	}
	err = squeeze(src, out, flush);
	return err ? err : more;
}

static void gzip_close(struct lun_source *base)
{
	struct gzip_source *src = (struct gzip_source *)base;

	src->inner->close(src->inner);
	deflateEnd(&src->z);
	lun_out_free(&src->text);
	free(src);
}

static const char *gzip_note(const struct lun_source *base)
{
	return lun_source_note(((const struct gzip_source *)base)->inner);
}

struct lun_source *lun_gzip_source(struct lun_source *inner)
{
	struct gzip_source *src = calloc(1, sizeof(*src));

	if (!src ||
		deflateInit2(&src->z, LEVEL, Z_DEFLATED, MAX_WBITS + GZIP_WRAPPER, MAX_MEM_LEVEL,
			Z_DEFAULT_STRATEGY) != Z_OK) {
		free(src);
		inner->close(inner);
		return NULL;
	}
	src->base.pull = gzip_pull;
	src->base.note = gzip_note;
	src->base.close = gzip_close;
	src->inner = inner;
	lun_out_init(&src->text);
	return &src->base;
}
