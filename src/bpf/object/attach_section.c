#include "bpf/object/attach_section.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char XDP[] = "xdp/", PERF[] = "perf_event/";

/* The rest of the program's section name after a prefix, or NULL. */
static const char *after(const struct bpf_program *prog, const char *prefix)
{
	const char *section = bpf_program__section_name(prog);
	size_t len = strlen(prefix);

	return strncmp(section, prefix, len) || !section[len] ? NULL : section + len;
}

void lun_sections_prepare(struct bpf_object *obj)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
	{
		if (bpf_program__type(prog) != BPF_PROG_TYPE_UNSPEC)
			continue; /* libbpf attaches this section itself */
		if (after(prog, XDP)) {
			bpf_program__set_type(prog, BPF_PROG_TYPE_XDP);
			bpf_program__set_expected_attach_type(prog, BPF_XDP);
		} else if (after(prog, PERF)) {
			bpf_program__set_type(prog, BPF_PROG_TYPE_PERF_EVENT);
		}
	}
}

const char *lun_section_interface(const struct bpf_program *prog)
{
	/* xdp/devmap and xdp/cpumap programs run from maps. */
	if (bpf_program__expected_attach_type(prog) != BPF_XDP)
		return NULL;
	return after(prog, XDP);
}

/* Parses a field such as "type=1" of `len` characters; false when the text is no such field. */
static bool read_field(const char *text, size_t len, struct lun_perf_spec *spec)
{
	const char *is = memchr(text, '=', len);
	size_t name = is ? (size_t)(is - text) : 0;
	char *end;
	uint64_t number;

	if (!name)
		return false;
	number = strtoull(is + 1, &end, 0);
	if (end == is + 1 || end != text + len)
		return false;
	if (name == 4 && !strncmp(text, "type", 4) && number <= UINT32_MAX)
		return spec->type = (uint32_t)number, true;
	if (name == 6 && !strncmp(text, "config", 6))
		return spec->config = number, true;
	if (name == 9 && !strncmp(text, "frequency", 9))
		return spec->frequency = number, true;
	if (name == 6 && !strncmp(text, "period", 6))
		return spec->period = number, true;
	return false;
}

int lun_section_perf(
	const struct bpf_program *prog, struct lun_perf_spec *spec, struct lun_out *log)
{
	const char *text = after(prog, PERF);
	bool good = true;

	memset(spec, 0, sizeof(*spec));
	if (!text)
		return 0;
	while (good && *text) {
		size_t len = strcspn(text, ",");

		good = read_field(text, len, spec);
		text += len + (text[len] == ',');
	}
	if (good && (spec->frequency || spec->period))
		return 1;
	lun_out_printf(log,
		"section %s: it is not perf_event/type=N,config=N,frequency=N (or period=N)\n",
		bpf_program__section_name(prog));
	return -EINVAL;
}

int lun_perf_open(const struct lun_perf_spec *spec, int cpu)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
		.type = spec->type,
		.config = spec->config,
		.sample_period = spec->period };
	int fd;

	if (spec->frequency) {
		attr.freq = 1;
		attr.sample_freq = spec->frequency;
	}
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
