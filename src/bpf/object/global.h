#pragma once
/*
 * Global variables of an object file: where each lies in the maps that libbpf makes of the sections
 * .data, .rodata and .bss, by the object's BTF. Before the object is loaded they can be written.
 */
#include <bpf/libbpf.h>
#include <stdint.h>

#include "text/out.h"

struct lun_global {
	struct bpf_map *map;
	uint32_t offset, size; /* in the map's only value */
	uint32_t type;         /* in the object's BTF */
};

/* 0; -ENOENT: no section has a variable of this name. */
int lun_global_find(const struct bpf_object *obj, const char *name, struct lun_global *global);
/* Appends the names of all variables, with a comma and a space between them. */
void lun_global_names(const struct bpf_object *obj, struct lun_out *out);
/* The bytes of a variable before the object is loaded, to be changed; NULL where its section's
 * bytes can't be had. */
uint8_t *lun_global_initial(const struct lun_global *global);
/* Copies the bytes that it has now, of a loaded object, over `bytes`: 0 or -errno. */
int lun_global_read(const struct lun_global *global, uint8_t *bytes);
