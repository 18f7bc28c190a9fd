#pragma once
/* Running a program by hand (BPF_PROG_RUN), where its type allows. Callers guard it as a write. */
#include <stddef.h>
#include <stdint.h>

#include "text/out.h"

/* The kernel's error for a type that can't be run by hand; user space has no errno for it. */
enum { LUN_ENOTSUPP = 524 };

struct lun_run {
	const void *data; /* the packet, NULL for types that take none */
	size_t data_size;
	const void *context; /* the context structure, or a raw tracepoint's arguments; or NULL */
	size_t context_size;
	uint32_t repeat; /* 0 and 1: once */
	/* results */
	uint32_t result;
	uint32_t duration_ns;  /* of one run, averaged over `repeat` */
	struct lun_out output; /* the packet afterwards */
	struct lun_out context_output;
};

/* 0 or -errno; -ERANGE for a type that can't be repeated. The outputs are set up by this and freed
 * by the caller, also after an error. */
int lun_prog_run(int fd, struct lun_run *run);
