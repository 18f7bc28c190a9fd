#pragma once
/* The options of bpf.load: which programs, for which targets, sizes of maps, values of variables,
 * and alternatives of which one is chosen. */
#include <lua.h>
#include <stdbool.h>

#include "bpf/object/load.h"

struct lun_load_options {
	lua_State *L;
	const char *path, *label; /* the label is for messages */
	const char *name;         /* the object's, where the bytes are given; else NULL */
	const char *bytes;        /* of the file, or NULL: it is read */
	size_t len;
	lua_Integer choices, choice; /* alternatives: how many, and which; 0: none */
	int refused;     /* where on the stack the sentence is that says what is wrong */
	int targets[16]; /* descriptors, which last until the object is loaded */
	size_t nr_targets;
};

/* Looks at all that may raise; the options' table is at index 2, or nil. `path` is filled in. */
void lun_load_options_check(lua_State *L, struct lun_load_options *options);
/* A lun_object_prepare_fn, called while the table is at index 2. */
int lun_load_options_prepare(void *options, struct bpf_object *obj);
/* Once it is loaded. */
void lun_load_options_release(struct lun_load_options *options);
/* Pushes the names of the programs of an alternative, as text. */
void lun_load_options_push_choice(lua_State *L, lua_Integer choice);

/* The open object at index 1; raises on anything else. */
struct lun_object *lun_object_check(lua_State *L);
