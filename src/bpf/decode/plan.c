#include "bpf/decode/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_OPS = 1 << 16,
	MAX_STRINGS = 1 << 22,
	MAX_ITEMS = 1 << 17,
	MAX_DEPTH = sizeof(((struct lun_plan *)0)->open) / sizeof(uint32_t),
};

struct lun_plan *lun_plan_new(void)
{
	struct lun_plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		atomic_init(&plan->refs, 1);
	return plan;
}

struct lun_plan *lun_plan_ref(struct lun_plan *plan)
{
	if (plan)
		atomic_fetch_add(&plan->refs, 1);
	return plan;
}

void lun_plan_unref(struct lun_plan *plan)
{
	if (!plan || atomic_fetch_sub(&plan->refs, 1) != 1)
		return;
	free(plan->ops);
	free(plan->strings);
	free(plan->enums);
	free(plan->items);
	free(plan);
}

/* Makes room for one more item in an array that doubles its size. */
static int room(void **array, uint32_t used, uint32_t *cap, size_t size, uint32_t max)
{
	uint32_t more = *cap ? *cap * 2 : 16;
	void *grown;

	if (used < *cap)
		return 0;
	if (used >= max)
		return -E2BIG;
	grown = realloc(*array, more * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*cap = more;
	return 0;
}

/* Stores a string. 0 (and no error) for NULL and "". */
static int add_string(struct lun_plan *plan, const char *s, uint32_t *at)
{
	size_t len = s ? strlen(s) + 1 : 0;
	uint32_t cap = plan->strings_cap ? plan->strings_cap : 128;
	char *grown;

	*at = 0;
	if (len <= 1)
		return 0;
	if (len > MAX_STRINGS - plan->strings_len - 1)
		return -E2BIG;
	while (cap < plan->strings_len + len + 1)
		cap *= 2;
	if (cap != plan->strings_cap) {
		grown = realloc(plan->strings, cap);
		if (!grown)
			return -ENOMEM;
		plan->strings = grown;
		plan->strings_cap = cap;
	}
	if (!plan->strings_len)
		plan->strings[plan->strings_len++] = '\0';
	memcpy(plan->strings + plan->strings_len, s, len);
	*at = plan->strings_len;
	plan->strings_len += (uint32_t)len;
	return 0;
}

int lun_plan_leaf(struct lun_plan *plan, const struct lun_op *op, const char *name)
{
	struct lun_op *slot;
	uint32_t at;
	int err;

	err = room((void **)&plan->ops, plan->nr_ops, &plan->cap_ops, sizeof(*op), MAX_OPS);
	if (!err)
		err = add_string(plan, name, &at);
	if (err)
		return err;
	slot = &plan->ops[plan->nr_ops++];
	*slot = *op;
	slot->name = at;
	slot->next = plan->nr_ops;
	plan->funcs += op->kind == LUN_K_FUNC;
	return 0;
}

int lun_plan_open(struct lun_plan *plan, const struct lun_op *op, const char *name)
{
	int err;

	if (plan->depth >= MAX_DEPTH)
		return -E2BIG;
	err = lun_plan_leaf(plan, op, name);
	if (!err)
		plan->open[plan->depth++] = plan->nr_ops - 1;
	return err;
}

int lun_plan_close(struct lun_plan *plan)
{
	if (!plan->depth)
		return -EINVAL;
	plan->ops[plan->open[--plan->depth]].next = plan->nr_ops;
	return 0;
}

int lun_plan_unit(struct lun_plan *plan, const char *unit)
{
	if (!plan->nr_ops)
		return -EINVAL;
	return add_string(plan, unit, &plan->ops[plan->nr_ops - 1].unit);
}

int lun_plan_enum(struct lun_plan *plan, uint32_t *number)
{
	struct lun_plan_enum *grown;

	if (plan->nr_enums >= MAX_OPS)
		return -E2BIG;
	grown = realloc(plan->enums, (plan->nr_enums + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->enums = grown;
	*number = plan->nr_enums;
	plan->enums[plan->nr_enums++] = (struct lun_plan_enum){ .first = plan->nr_items };
	return 0;
}

int lun_plan_enum_item(struct lun_plan *plan, int64_t value, const char *name)
{
	struct lun_plan_item *grown;
	uint32_t at;
	int err;

	if (!plan->nr_enums || plan->nr_items >= MAX_ITEMS)
		return plan->nr_enums ? -E2BIG : -EINVAL;
	err = add_string(plan, name, &at);
	if (err)
		return err;
	if (!(plan->nr_items & (plan->nr_items + 1))) {
		grown = realloc(plan->items, (plan->nr_items * 2 + 2) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		plan->items = grown;
	}
	plan->items[plan->nr_items++] = (struct lun_plan_item){ .value = value, .name = at };
	plan->enums[plan->nr_enums - 1].count++;
	return 0;
}

/* True when the bits lie within nine bytes: a field of 64 bits may begin within a byte. */
static bool bits_fit(const struct lun_op *op)
{
	uint32_t most = op->flags & LUN_OP_BE ? 8 : 9;

	return op->size >= 1 && op->size <= most && op->bit_size >= 1 && op->bit_size <= 64 &&
		op->bit_offset < 64 && op->bit_offset + op->bit_size <= op->size * 8;
}

/* True when a leaf of this kind can have this size. */
static bool size_fits(const struct lun_op *op)
{
	switch (op->kind) {
	case LUN_K_UINT:
	case LUN_K_INT:
		return (op->size >= 1 && op->size <= 8) || op->size == 16;
	case LUN_K_FLOAT:
		return op->size == 4 || op->size == 8 || op->size == 16;
	case LUN_K_BITS:
		return bits_fit(op);
	case LUN_K_BOOL:
	case LUN_K_ENUM:
	case LUN_K_FLAGS:
		return op->bit_size ? bits_fit(op) : op->size >= 1 && op->size <= 8;
	case LUN_K_IPV4:
		return op->size == 4;
	case LUN_K_IPV6:
	case LUN_K_USYM:
		return op->size == 16;
	case LUN_K_USTACK:
		return op->size == 8;
	case LUN_K_MAC:
		return op->size == 6;
	case LUN_K_INET:
		return op->size == 24;
	case LUN_K_LPM:
		return op->size > 4 && op->size <= 4 + 256;
	case LUN_K_BUILD_ID:
		return op->size == 32;
	case LUN_K_NONE:
		return op->size == 0;
	case LUN_K_CHARS:
	case LUN_K_BYTES:
	case LUN_K_HIDDEN:
	case LUN_K_FUNC:
		return true;
	default:
		return op->size >= 1 && op->size <= 8;
	}
}

static bool needs_enum(const struct lun_op *op)
{
	return op->kind == LUN_K_ENUM || op->kind == LUN_K_FLAGS;
}

static bool takes_bits(const struct lun_op *op)
{
	return op->kind == LUN_K_BITS || op->kind == LUN_K_BOOL || needs_enum(op);
}

static int check_inside(const struct lun_plan *plan, uint32_t at, uint32_t end, uint32_t size);

static int check_array(const struct lun_plan *plan, uint32_t at)
{
	const struct lun_op *op = &plan->ops[at];
	uint32_t each = op->count ? op->size / op->count : 0;

	if (op->count && ((uint64_t)each * op->count != op->size || !each))
		return -EINVAL;
	if (op->next == at + 1 || plan->ops[at + 1].next != op->next)
		return -EINVAL; /* an array needs exactly one element type */
	return op->count ? check_inside(plan, at + 1, op->next, each) : 0;
}

static int check_op(const struct lun_plan *plan, uint32_t at, uint32_t size)
{
	const struct lun_op *op = &plan->ops[at];

	if (op->kind >= LUN_K_COUNT || op->offset > size || op->size > size - op->offset)
		return -EINVAL;
	if (op->kind == LUN_K_ARRAY)
		return check_array(plan, at);
	if (lun_op_is_container(op->kind))
		return check_inside(plan, at + 1, op->next, op->size);
	if (needs_enum(op) && op->arg >= plan->nr_enums)
		return -EINVAL;
	if (op->bit_size && !takes_bits(op))
		return -EINVAL;
	if (op->flags & LUN_OP_IF_SET && (op->size != 8 || size - op->offset < 16))
		return -EINVAL;
	return size_fits(op) ? 0 : -EINVAL;
}

static int check_inside(const struct lun_plan *plan, uint32_t at, uint32_t end, uint32_t size)
{
	int err = 0;

	for (; !err && at < end; at = plan->ops[at].next)
		err = check_op(plan, at, size);
	return err;
}

static int by_value(const void *a, const void *b)
{
	const struct lun_plan_item *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

int lun_plan_finish(struct lun_plan *plan, uint32_t size)
{
	int err;

	if (plan->finished || plan->depth || !plan->nr_ops || plan->ops[0].next != plan->nr_ops)
		return -EINVAL;
	err = check_inside(plan, 0, plan->nr_ops, size);
	if (err)
		return err;
	for (uint32_t i = 0; plan->items && i < plan->nr_enums; i++)
		qsort(plan->items + plan->enums[i].first, plan->enums[i].count,
			sizeof(*plan->items), by_value);
	plan->size = plan->ops[0].offset + plan->ops[0].size;
	plan->finished = true;
	return 0;
}
