#pragma once
/* What the verifier says of each program of an object file. */
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "text/out.h"

struct lun_verified {
	const char *name, *section;
	enum bpf_prog_type type;
	size_t insns; /* of the file */
	int err;      /* of loading it: 0 or -errno */
	/* Of a program that was loaded; 0: not known. */
	uint64_t processed, max_states, total_states, peak_states, mark_read, time_us;
	uint32_t xlated, jited; /* bytes */
	char stack[128];        /* bytes by function: "64+8" */
	/* Of one that was not: what the verifier or libbpf said. */
	const char *log;
};

/* Whether to go on. */
typedef bool (*lun_verified_fn)(void *user, const struct lun_verified *verified);

/* Loads each program by itself, with the maps of the object, and frees it again. The programs are
 * those of `only`, all where it is NULL. 0; -ENOENT: there is no such program; or -errno of opening
 * the file, with the reason in `log`. */
int lun_object_verify(
	const char *path, const char *only, lun_verified_fn fn, void *user, struct lun_out *log);
