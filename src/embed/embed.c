#include "embed/embed.h"

#include <stdlib.h>
#include <string.h>

/* Made by embed.lua at build time, sorted by name. */
extern const struct lun_file lun_embedded[];
extern const size_t lun_embedded_count;

static int by_name(const void *name, const void *file)
{
	return strcmp(name, ((const struct lun_file *)file)->name);
}

const struct lun_file *lun_embed_find(const char *name)
{
	return bsearch(name, lun_embedded, lun_embedded_count, sizeof(*lun_embedded), by_name);
}

const struct lun_file *lun_embed_list(size_t *count)
{
	*count = lun_embedded_count;
	return lun_embedded;
}
