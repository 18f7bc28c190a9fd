#pragma once
/*
 * Where BPF programs spend their time: the instruction pointer of every CPU, sampled by the
 * CPU clock (a software perf event, so that it works in virtual machines too), and matched
 * with the native code of the loaded programs. Code that runs with interrupts off is seen
 * where they are switched on again.
 */
#include <stddef.h>
#include <stdint.h>

struct lun_profile;

struct lun_hot {
	uint32_t prog_id;
	uint32_t func;    /* which of the program's functions */
	uint32_t offset;  /* bytes from the function's start */
	uint64_t samples; /* how often it was there */
};

struct lun_profile_result {
	uint64_t samples;    /* all of them, in BPF code or not */
	uint64_t lost;       /* that the kernel had no room for */
	struct lun_hot *hot; /* by program, function and offset; freed by lun_profile_result_free */
	size_t nr_hot;
};

/* Starts sampling `hertz` times a second on each CPU. 0, -EACCES, -ENOENT (no perf events), … */
int lun_profile_start(struct lun_profile **profile, unsigned int hertz);
/* The samples since the start or the last call. 0, -ENOMEM, or the error of enumeration. */
int lun_profile_read(struct lun_profile *profile, struct lun_profile_result *result);
void lun_profile_result_free(struct lun_profile_result *result);
void lun_profile_stop(struct lun_profile *profile);
