#pragma once
/*
 * C names for BTF names, which may repeat or be invalid identifiers. The second type of a name
 * becomes name___2, and so on. A type keeps the name that it got first.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/out.h"

enum lun_name_space {
	LUN_NAME_TAG,   /* struct, union, enum */
	LUN_NAME_PLAIN, /* typedefs, functions, variables, enumerators */
};

struct lun_names {
	struct lun_name *table; /* how often a name was given, by a hash of it */
	size_t room, used;
	uint32_t *numbers; /* by type id: its count among types of its name, or 0 */
	int err;
};

/* 0 or -ENOMEM. */
int lun_names_init(struct lun_names *names, uint32_t types);
void lun_names_free(struct lun_names *names);
/* Writes the name of a type. */
void lun_names_put(struct lun_names *names, uint32_t id, const char *name,
	enum lun_name_space space, struct lun_out *out);
/* Writes a name without a type id: an enumerator's. */
void lun_names_put_new(struct lun_names *names, const char *name, struct lun_out *out);
/* Writes a name that can't clash: of a member or a parameter. */
void lun_names_put_plain(const char *name, struct lun_out *out);
