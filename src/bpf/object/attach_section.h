#pragma once
/*
 * Sections that say more than libbpf reads from them, as other loaders write them: `xdp/eth0` names
 * the interface, `perf_event/type=1,config=0,frequency=99` the event.
 */
#include <bpf/libbpf.h>

#include "text/out.h"

struct lun_perf_spec {
	uint32_t type;
	uint64_t config;
	uint64_t frequency; /* samples a second, or 0 */
	uint64_t period;    /* else: a sample each so many events */
};

/* Gives programs of these sections their type, between opening and loading. */
void lun_sections_prepare(struct bpf_object *obj);
/* The interface that a program's section names, or NULL. */
const char *lun_section_interface(const struct bpf_program *prog);
/* The perf event that it names: 1, 0 where it names none, or -EINVAL and a line in `log`. */
int lun_section_perf(
	const struct bpf_program *prog, struct lun_perf_spec *spec, struct lun_out *log);
/* Opens the event on a CPU: a descriptor, or -errno. */
int lun_perf_open(const struct lun_perf_spec *spec, int cpu);
