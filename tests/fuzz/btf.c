/*
 * Fuzzes BTF: takes any bytes for a file, raw or ELF. BTF that the check accepts must be written as
 * C within bounds and be searched for maps, and every type in it must compile to a plan that stays
 * within the value, or be refused.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/decode/btf_c.h"
#include "bpf/decode/btf_plan.h"
#include "bpf/decode/plan_visit.h"
#include "bpf/object/btf_load.h"
#include "bpf/object/declared.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUE = 128, MAX_TYPES = 512 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	libbpf_set_print(NULL);
	return 0;
}

static void run(const struct lun_plan *plan)
{
	uint8_t *data = malloc(VALUE);
	struct lun_bytes bytes = { data, 1, VALUE };
	struct lun_json_sink sink;
	struct lun_ctx ctx;
	struct lun_out out;

	memset(data, 0xa5, VALUE);
	lun_ctx_init(&ctx);
	lun_out_init(&out);
	lun_json_sink_init(&sink, &out);
	lun_plan_visit(plan, &ctx, &bytes, LUN_EACH_CPU, &sink.sink);
	lun_out_free(&out);
	lun_ctx_free(&ctx);
	free(data);
}

static void make_plans(const struct btf *btf)
{
	int err;

	for (uint32_t id = 0; id < btf__type_cnt(btf) + 1 && id < MAX_TYPES; id++) {
		struct lun_plan *plan = lun_btf_plan(btf, id, VALUE, &err);

		if (plan)
			run(plan);
		lun_plan_unref(plan);
	}
}

static void write_c(const struct btf *btf)
{
	uint32_t n = btf__type_cnt(btf) - 1, *ids = malloc((n + 1) * sizeof(*ids));
	struct lun_out out;
	int err;

	for (uint32_t i = 0; i < n; i++)
		ids[i] = i + 1;
	lun_out_init(&out);
	err = lun_btf_c(btf, ids, n, &out);
	if (err && err != -E2BIG)
		abort();
	lun_out_reset(&out);
	for (uint32_t i = 0; i < n && i < MAX_TYPES; i++) {
		lun_btf_c(btf, &ids[i], 1, &out);
		lun_out_reset(&out);
	}
	lun_declared_maps(btf, 0, &out);
	lun_out_free(&out);
	free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("btf", MFD_CLOEXEC);
	struct lun_btf btf;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size && !lun_btf_load_path(&btf, path)) {
		make_plans(btf.btf);
		write_c(btf.btf);
		lun_btf_free(&btf);
	}
	close(fd);
	return 0;
}
