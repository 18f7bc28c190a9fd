/*
 * Fuzzes the way from BTF to plans: any bytes are taken for BTF, and every type in it for that
 * of a value. What libbpf takes must compile to a plan that stays within the value, or be
 * refused.
 */
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/decode/btf_plan.h"
#include "bpf/decode/plan_visit.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btf *btf = btf__new(data, (uint32_t)size);
	int err;

	if (!btf)
		return 0;
	for (uint32_t id = 0; id < btf__type_cnt(btf) + 1 && id < MAX_TYPES; id++) {
		struct lun_plan *plan = lun_btf_plan(btf, id, VALUE, &err);

		if (plan)
			run(plan);
		lun_plan_unref(plan);
	}
	btf__free(btf);
	return 0;
}
