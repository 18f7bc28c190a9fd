#pragma once
/*
 * Files built into the binary: the Lua of lua/ and the web explorer's bundle. Names are
 * relative ("lunette/init.lua", "web/index.html"). With a root set they are read from
 * that directory instead (--root, while developing): lua/ and web/dist/ below it.
 */
#include <stdbool.h>
#include <stddef.h>

struct lun_file {
	const char *name;
	const unsigned char *data;
	size_t size;
};

/* The embedded file of that name, or NULL. Never reads the disk. */
const struct lun_file *lun_embed_find(const char *name);
/* All embedded files, sorted by name; count is set. */
const struct lun_file *lun_embed_list(size_t *count);
