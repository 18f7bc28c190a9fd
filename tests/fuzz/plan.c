/*
 * Fuzzes the plan compiler: any bytes are taken for a list of operations. Whatever is accepted
 * must run within exactly the bytes that it says it reads.
 *   clang -fsanitize=fuzzer,address -I src tests/fuzz/plan.c <lun_bpf, lun_text sources>
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/decode/encode.h"
#include "bpf/decode/plan.h"
#include "bpf/decode/plan_visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OP_BYTES = 12, MAX_SIZE = 4096 };

static uint32_t small(const uint8_t *p)
{
	return p[0] | (uint32_t)(p[1] & 3) << 8;
}

static void add_op(struct lun_plan *plan, const uint8_t *p)
{
	struct lun_op op = {
		.kind = p[0],
		.flags = p[1],
		.reduce = p[2] % 6,
		.bit_offset = p[3],
		.bit_size = p[4],
		.offset = small(p + 5),
		.size = small(p + 7),
		.count = p[9],
		.arg = p[10],
	};
	const char *name = p[11] & 1 ? "n" : NULL;

	/* Such names are looked up in the system: each run would search /proc. */
	if (op.kind == LUN_K_DEV || (op.kind >= LUN_K_PID && op.kind <= LUN_K_MAP))
		op.kind = LUN_K_UINT;
	if (p[11] & 2)
		lun_plan_close(plan);
	else if (lun_op_is_container(op.kind))
		lun_plan_open(plan, &op, name);
	else
		lun_plan_leaf(plan, &op, name);
	if (p[11] & 4)
		lun_plan_enum(plan, &(uint32_t){ 0 });
	if (p[11] & 8)
		lun_plan_enum_item(plan, p[10], "item");
}

static void run(const struct lun_plan *plan, uint32_t cpus)
{
	struct lun_bytes bytes = { .cpus = cpus, .stride = plan->size };
	uint8_t *data = malloc((size_t)cpus * plan->size + 1);
	struct lun_json_sink sink;
	struct lun_pick picks[16];
	struct lun_ctx ctx;
	struct lun_out out;

	memset(data, 0x5a, (size_t)cpus * plan->size);
	bytes.data = data;
	lun_ctx_init(&ctx);
	lun_out_init(&out);
	lun_json_sink_init(&sink, &out);
	lun_plan_visit(plan, &ctx, &bytes, LUN_SUM, &sink.sink);
	lun_plan_columns(plan, "value", picks, 16);
	lun_plan_pick(plan, "value", "n.n[3].n", &picks[0]);
	lun_out_free(&out);
	lun_ctx_free(&ctx);
	free(data);
}

/* Encodes values of each kind into every leaf with a column: they stay within the plan's bytes, or
 * are refused. */
static void encode(const struct lun_plan *plan)
{
	static const char *const texts[] = { "", "1", "-1", "0xffffffffffffffff", "10.0.0.0/8",
		"::1", "de:ad:be:ef:00:01", "item", "item|7", "true", "a text of some length" };
	struct lun_pick picks[16];
	uint32_t n = lun_plan_columns(plan, "value", picks, 16);
	uint8_t *data = calloc(1, plan->size + 1);
	char error[LUN_ENCODE_ERROR];

	for (uint32_t i = 0; i < n && i < 16; i++) {
		const struct lun_op *op = &plan->ops[picks[i].op];
		struct lun_value in = { .kind = LUN_V_I64, .i = -1 };

		if (op->kind == LUN_K_ARRAY)
			continue;
		lun_leaf_encode(plan, op, &in, data + picks[i].offset, error);
		in = (struct lun_value){ .kind = LUN_V_DOUBLE, .d = 1e300 };
		lun_leaf_encode(plan, op, &in, data + picks[i].offset, error);
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			in = (struct lun_value){ .kind = LUN_V_STR };
			in.s = texts[j];
			in.len = strlen(texts[j]);
			lun_leaf_encode(plan, op, &in, data + picks[i].offset, error);
		}
	}
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lun_plan *plan = lun_plan_new();

	for (size_t i = 0; i + OP_BYTES <= size && i < 64 * OP_BYTES; i += OP_BYTES)
		add_op(plan, data + i);
	while (!lun_plan_close(plan))
		;
	if (!lun_plan_finish(plan, MAX_SIZE)) {
		run(plan, 1);
		run(plan, 3);
		encode(plan);
	}
	lun_plan_unref(plan);
	return 0;
}
