#include "bpf/decode/plan_visit.h"

#include <string.h>

#include "text/json.h"

struct walk {
	const struct lun_plan *plan;
	struct lun_ctx *ctx;
	const struct lun_bytes *bytes;
	uint8_t reduce;
	struct lun_sink *sink;
};

static void visit(const struct walk *w, uint32_t at, uint32_t base, bool named);

bool lun_op_as_id(const struct lun_op *op, struct lun_op *number)
{
	if (op->kind != LUN_K_PROG && op->kind != LUN_K_MAP)
		return false;
	*number = *op;
	number->kind = LUN_K_UINT;
	number->flags |= LUN_OP_ID;
	return true;
}

static void visit_leaf(const struct walk *w, const struct lun_op *op, uint32_t at, const char *name)
{
	struct lun_value value = { .kind = LUN_V_NULL };
	struct lun_op number;

	if (w->sink->ids && lun_op_as_id(op, &number)) {
		visit_leaf(w, &number, at, name);
		return;
	}
	if (op->kind == LUN_K_FUNC && w->sink->func) {
		w->sink->func(w->sink, op, name, w->bytes, at);
		return;
	}
	if (w->bytes->cpus > 1)
		lun_leaf_reduced(w->plan, op, w->ctx, w->bytes, at, w->reduce, &value);
	else
		lun_leaf(w->plan, op, w->ctx, w->bytes->data + at, &value);
	w->sink->value(w->sink, name, &value);
}

static bool all_zero(const struct lun_bytes *bytes, uint32_t at, uint32_t size)
{
	for (uint32_t cpu = 0; cpu < bytes->cpus; cpu++) {
		const uint8_t *p = bytes->data + (size_t)cpu * bytes->stride + at;

		for (uint32_t i = 0; i < size; i++) {
			if (p[i])
				return false;
		}
	}
	return true;
}

static void visit_array(const struct walk *w, uint32_t at, uint32_t base)
{
	const struct lun_op *op = &w->plan->ops[at];
	uint32_t each = op->count ? op->size / op->count : 0;

	for (uint32_t i = 0; i < op->count; i++) {
		uint32_t from = base + op->offset + i * each;

		if ((op->flags & LUN_OP_TO_ZERO) && all_zero(w->bytes, from, each))
			return;
		visit(w, at + 1, from, false);
	}
}

static void visit(const struct walk *w, uint32_t at, uint32_t base, bool named)
{
	const struct lun_op *op = &w->plan->ops[at];
	const char *name = named ? lun_plan_str(w->plan, op->name) : NULL;

	if (!lun_op_is_container(op->kind)) {
		visit_leaf(w, op, base + op->offset, name);
		return;
	}
	if (named && !name && op->kind != LUN_K_ARRAY) { /* anonymous: the outer members */
		for (uint32_t i = at + 1; i < op->next; i = w->plan->ops[i].next)
			visit(w, i, base + op->offset, true);
		return;
	}
	w->sink->open(w->sink, op, name);
	if (op->kind == LUN_K_ARRAY) {
		visit_array(w, at, base);
	} else {
		for (uint32_t i = at + 1; i < op->next; i = w->plan->ops[i].next)
			visit(w, i, base + op->offset, true);
	}
	w->sink->close(w->sink, op);
}

void lun_plan_visit_from(const struct lun_plan *plan, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint8_t reduce, struct lun_sink *sink, uint32_t at,
	uint32_t base)
{
	struct walk w = { plan, ctx, bytes, reduce, sink };

	visit(&w, at, base, false);
}

void lun_plan_visit(const struct lun_plan *plan, struct lun_ctx *ctx, const struct lun_bytes *bytes,
	uint8_t reduce, struct lun_sink *sink)
{
	lun_plan_visit_from(plan, ctx, bytes, reduce, sink, 0, 0);
}

void lun_json_member(struct lun_json_sink *j, const char *name)
{
	if (j->comma)
		lun_out_char(j->out, ',');
	if (name) {
		lun_json_str(j->out, name, strlen(name));
		lun_out_char(j->out, ':');
	}
	j->comma = true;
}

static void json_open(struct lun_sink *sink, const struct lun_op *op, const char *name)
{
	struct lun_json_sink *j = (struct lun_json_sink *)sink;

	lun_json_member(j, name);
	lun_out_char(j->out, op->kind == LUN_K_ARRAY ? '[' : '{');
	j->comma = false;
}

static void json_close(struct lun_sink *sink, const struct lun_op *op)
{
	struct lun_json_sink *j = (struct lun_json_sink *)sink;

	lun_out_char(j->out, op->kind == LUN_K_ARRAY ? ']' : '}');
	j->comma = true;
}

static void json_value(struct lun_sink *sink, const char *name, const struct lun_value *value)
{
	struct lun_json_sink *j = (struct lun_json_sink *)sink;

	lun_json_member(j, name);
	lun_value_json(j->out, value);
}

void lun_json_sink_init(struct lun_json_sink *sink, struct lun_out *out)
{
	sink->sink = (struct lun_sink){ json_open, json_close, json_value, NULL, true };
	sink->out = out;
	sink->comma = false;
}
