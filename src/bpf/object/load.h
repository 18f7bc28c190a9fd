#pragma once
/*
 * Loading a BPF object file, and attaching its programs where their sections say. The
 * object owns its programs, maps and links: closing it detaches and frees them all, unless
 * somebody else holds them. Functions return 0 or -errno unless they say otherwise; what
 * libbpf and the verifier said is kept, as text, in `log`.
 */
#include <bpf/libbpf.h>

#include "bpf/object/attach_section.h"
#include "text/out.h"

struct lun_object {
	struct bpf_object *obj;
	struct bpf_link **links;
	size_t link_count;
	struct lun_out log; /* of the last load or attach that failed */
};

/* Called between opening and loading, to choose programs and their targets: 0 or -errno. */
typedef int (*lun_object_prepare_fn)(void *ctx, struct bpf_object *obj);

/* `prepare` may be NULL. `name` begins the names of the maps that libbpf makes of sections; NULL:
 * the file's name does. */
int lun_object_load(struct lun_object *o, const char *path, const char *name,
	lun_object_prepare_fn prepare, void *ctx);
/* Only reads the file. */
int lun_object_read(struct lun_object *o, const char *path);
/* Attaches each program that its section says how to; returns how many, or -errno (then the
 * ones attached by this call are detached again). */
int lun_object_attach(struct lun_object *o);
/* Attaches one; -EOPNOTSUPP when its section does not say where. */
int lun_object_attach_prog(struct lun_object *o, struct bpf_program *prog);
void lun_object_detach(struct lun_object *o);
/* All but the first links. */
void lun_object_detach_from(struct lun_object *o, size_t first);
/* Any number of times. */
void lun_object_close(struct lun_object *o);

/* For attach_place.c: what libbpf says between the two goes to the log, which is kept when err is
 * below 0; `end` returns err. */
void lun_object_begin(struct lun_object *o);
int lun_object_end(struct lun_object *o, int err);
/* Takes the link over. 0 or -ENOMEM. */
int lun_object_add_link(struct lun_object *o, struct bpf_link *link);
/* To a perf event of each CPU. */
int lun_object_attach_perf(
	struct lun_object *o, struct bpf_program *prog, const struct lun_perf_spec *spec);

/* Routes libbpf's messages: once, before any other thread uses libbpf. Where no load is under
 * way they are dropped, as the core never prints. */
void lun_load_init(void);
