#include "bpf/decode/entry_template.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 128 };

struct step {
	uint32_t text, len; /* what stands before the leaf */
	struct lun_op op;
	uint32_t at; /* from the start of the key or value */
	bool of_key;
};

struct lun_entry_template {
	const struct lun_entry_format *view;
	struct lun_out texts;
	uint32_t end, end_len; /* what stands after the last leaf */
	uint32_t nr;
	struct step steps[MOST_STEPS];
};

/* The state of making: texts are written as the JSON of an entry is. */
struct making {
	struct lun_entry_template *template;
	struct lun_json_sink json;
	const struct lun_plan *plan;
	bool of_key;
	size_t text; /* where the next step's text begins */
	bool ok;
};

static void add_step(struct making *m, const struct lun_op *op, uint32_t at, const char *name)
{
	struct lun_entry_template *t = m->template;
	struct step *step = &t->steps[t->nr];

	if (t->nr == MOST_STEPS || op->kind == LUN_K_FUNC) {
		m->ok = false;
		return;
	}
	lun_json_member(&m->json, name);
	*step = (struct step){ .text = (uint32_t)m->text,
		.len = (uint32_t)(t->texts.len - m->text),
		.op = *op,
		.at = at,
		.of_key = m->of_key };
	if (m->json.sink.ids)
		lun_op_as_id(op, &step->op);
	m->text = t->texts.len;
	t->nr++;
}

static void add(struct making *m, uint32_t at, uint32_t base, bool named);

static void add_members(struct making *m, uint32_t at, uint32_t base)
{
	const struct lun_op *ops = m->plan->ops;

	for (uint32_t i = at + 1; i < ops[at].next; i = ops[i].next)
		add(m, i, base + ops[at].offset, true);
}

static void add_elements(struct making *m, uint32_t at, uint32_t base)
{
	const struct lun_op *op = &m->plan->ops[at];
	uint32_t each = op->count ? op->size / op->count : 0;

	m->ok = m->ok && !(op->flags & LUN_OP_TO_ZERO) && op->count <= MOST_STEPS;
	for (uint32_t i = 0; m->ok && i < op->count; i++)
		add(m, at + 1, base + op->offset + i * each, false);
}

/* In the order of lun_plan_visit(). */
static void add(struct making *m, uint32_t at, uint32_t base, bool named)
{
	const struct lun_op *op = &m->plan->ops[at];
	const char *name = named ? lun_plan_str(m->plan, op->name) : NULL;

	if (!m->ok)
		return;
	if (!lun_op_is_container(op->kind)) {
		add_step(m, op, base + op->offset, name);
		return;
	}
	if (named && !name && op->kind != LUN_K_ARRAY) {
		add_members(m, at, base);
		return;
	}
	m->json.sink.open(&m->json.sink, op, name);
	if (op->kind == LUN_K_ARRAY)
		add_elements(m, at, base);
	else
		add_members(m, at, base);
	m->json.sink.close(&m->json.sink, op);
}

static void add_part(struct making *m, const struct lun_plan *plan, bool of_key, const char *before)
{
	lun_out_str(&m->template->texts, before);
	m->json.comma = false;
	m->plan = plan;
	m->of_key = of_key;
	add(m, 0, 0, false);
}

struct lun_entry_template *lun_entry_template_new(const struct lun_entry_format *view)
{
	struct lun_entry_template *t = malloc(sizeof(*t));
	struct making m = { .template = t, .ok = !lun_entry_format_each_cpu(view) };

	if (!t)
		return NULL;
	memset(t, 0, offsetof(struct lun_entry_template, steps));
	t->view = view;
	lun_json_sink_init(&m.json, &t->texts);
	add_part(&m, view->key, true, "{\"key\":");
	add_part(&m, view->value, false, ",\"value\":");
	lun_out_char(&t->texts, '}');
	t->end = (uint32_t)m.text;
	t->end_len = (uint32_t)(t->texts.len - m.text);
	if (m.ok && !t->texts.err)
		return t;
	lun_entry_template_free(t);
	return NULL;
}

void lun_entry_template_free(struct lun_entry_template *t)
{
	if (t)
		lun_out_free(&t->texts);
	free(t);
}

static void write_hex(struct lun_out *out, const uint8_t *data, uint32_t size)
{
	lun_out_char(out, '"');
	lun_out_hex(out, data, size);
	lun_out_char(out, '"');
}

static void write_leaf(const struct lun_entry_template *t, struct lun_ctx *ctx, struct lun_out *out,
	const struct step *step, const uint8_t *key, const uint8_t *value)
{
	const struct lun_entry_format *view = t->view;
	const struct lun_plan *plan = step->of_key ? view->key : view->value;
	struct lun_bytes bytes = lun_entry_format_values(view, value);
	struct lun_value leaf;

	if (!step->of_key && view->cpus > 1)
		lun_leaf_reduced(plan, &step->op, ctx, &bytes, step->at, view->reduce, &leaf);
	else if (step->op.kind == LUN_K_BYTES && !(step->op.flags & LUN_OP_IF_SET)) {
		write_hex(out, (step->of_key ? key : value) + step->at, step->op.size);
		return;
	} else
		lun_leaf(plan, &step->op, ctx, (step->of_key ? key : value) + step->at, &leaf);
	lun_value_json(out, &leaf);
}

void lun_entry_template_write(const struct lun_entry_template *t, struct lun_ctx *ctx,
	struct lun_out *out, const uint8_t *key, const uint8_t *value)
{
	for (uint32_t i = 0; i < t->nr; i++) {
		const struct step *step = &t->steps[i];

		lun_out_mem(out, t->texts.data + step->text, step->len);
		write_leaf(t, ctx, out, step, key, value);
	}
	lun_out_mem(out, t->texts.data + t->end, t->end_len);
}
