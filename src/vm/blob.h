#pragma once
/* Immutable bytes with a reference count: several owners share them, and the last one frees
 * them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct lun_blob {
	atomic_uint refs;
	size_t len;
	char data[];
};

/* Copies the bytes into a new blob with one reference. NULL when memory is short. */
static inline struct lun_blob *lun_blob_new(const void *data, size_t len)
{
	struct lun_blob *blob = malloc(sizeof(*blob) + len);

	if (!blob)
		return NULL;
	atomic_init(&blob->refs, 1);
	blob->len = len;
	if (len)
		memcpy(blob->data, data, len);
	return blob;
}

static inline struct lun_blob *lun_blob_ref(struct lun_blob *blob)
{
	if (blob)
		atomic_fetch_add(&blob->refs, 1);
	return blob;
}

static inline void lun_blob_unref(struct lun_blob *blob)
{
	if (blob && atomic_fetch_sub(&blob->refs, 1) == 1)
		free(blob);
}
