#pragma once
/* The options of bpf.load: programs, their targets, sizes of maps, values of variables, and
 * alternatives of which one is loaded. */
#include <lua.h>
#include <stdbool.h>

#include "bpf/object/load.h"

struct lun_load_options {
	lua_State *L;
	const char *path, *label; /* label: for messages */
	const char *name;         /* the object's name, when the bytes are given; else NULL */
	const char *bytes;        /* the file's bytes; NULL: read the file */
	size_t len;
	lua_Integer choices, choice; /* the number of alternatives, and the current one; 0: none */
	int refused;                 /* stack index of the error text */
	int targets[16];             /* descriptors, open until the object is loaded */
	size_t nr_targets;
};

/* Checks the options' table at index 2 (or nil) and raises on errors. `path` is set already. */
void lun_load_options_check(lua_State *L, struct lun_load_options *options);
/* The lun_object_prepare_fn; called while the table is at index 2. */
int lun_load_options_prepare(void *options, struct bpf_object *obj);
/* Closes the descriptors, once the object is loaded. */
void lun_load_options_release(struct lun_load_options *options);
/* Pushes the names of an alternative's programs, as text. */
void lun_load_options_push_choice(lua_State *L, lua_Integer choice);

/* The open object at index 1; raises on any other value. */
struct lun_object *lun_object_check(lua_State *L);
