#pragma once
/* The places in an object file that the loader adjusts to the running kernel's types (CO-RE). */
#include <bpf/btf.h>
#include <stdbool.h>

#include "bpf/object/btf_verify.h"

struct lun_core_relo {
	const char *kind;    /* "field_byte_offset", as libbpf calls it */
	const char *what;    /* "struct task_struct.mm.arg_start"; until the next one */
	const char *section; /* of the instruction */
	bool needed;         /* the program can't be loaded without it */
	bool found;          /* in the target's BTF */
};

/* Whether to go on. */
typedef bool (*lun_core_relo_fn)(void *user, const struct lun_core_relo *relo);

/* Each relocation of the file, looked for in `target`; a file without BTF has none. 0, -errno, or
 * -EINVAL and a sentence. */
int lun_core_relos(const char *path, const struct btf *target, lun_core_relo_fn fn, void *user,
	char why[LUN_BTF_WHY]);
