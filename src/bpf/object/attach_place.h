#pragma once
/* Places that a program is attached to by name, where its section does not say it. */
#include "bpf/object/load.h"

enum lun_place_kind {
	LUN_AT_INTERFACE, /* XDP, generic where the driver has none */
	LUN_AT_CGROUP,
	LUN_AT_PERF_EVENT, /* on each CPU */
	LUN_AT_KPROBE,
	LUN_AT_KPROBES, /* kprobe.multi */
	LUN_AT_UPROBE,
	LUN_AT_USDT,
	LUN_AT_TRACEPOINT,
	LUN_AT_RAW_TRACEPOINT,
	LUN_PLACES,
};

struct lun_place {
	enum lun_place_kind kind;
	/* an interface, a folder, a kernel function, a file, or a raw tracepoint */
	const char *target;
	/* a function of the file (NULL: `offset` alone), a probe, or a tracepoint */
	const char *name;
	const char *group;      /* a probe's provider, or a tracepoint's category */
	const char **functions; /* of LUN_AT_KPROBES */
	size_t nr_functions;
	const __u64 *cookies; /* NULL, or one a function */
	uint64_t offset, cookie;
	int pid;      /* of a file's users; -1: all */
	bool returns; /* where the function returns */
	struct lun_perf_spec perf;
};

/* 0 or -errno. */
int lun_object_attach_at(
	struct lun_object *o, struct bpf_program *prog, const struct lun_place *place);
/* Whether programs of this type go to such a place. */
bool lun_place_takes(enum lun_place_kind kind, const struct bpf_program *prog);
