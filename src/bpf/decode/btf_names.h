#pragma once
/*
 * Names of C for the names of BTF, which may have one twice, or what is no identifier: the second
 * is name___2, and so on. A type keeps its name once it has it.
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
	uint32_t *numbers; /* by type id: the how manieth of its name it is, or 0 */
	int err;
};

/* 0 or -ENOMEM. */
int lun_names_init(struct lun_names *names, uint32_t types);
void lun_names_free(struct lun_names *names);
/* Writes the name of a type. */
void lun_names_put(struct lun_names *names, uint32_t id, const char *name,
	enum lun_name_space space, struct lun_out *out);
/* Writes a name that stands for nothing before it: of an enumerator. */
void lun_names_put_new(struct lun_names *names, const char *name, struct lun_out *out);
/* Writes a name that can't clash: of a member or a parameter. */
void lun_names_put_plain(const char *name, struct lun_out *out);
