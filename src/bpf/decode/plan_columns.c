/*
 * A plan's columns: the leaves with their names and offsets, for tables, CSV, sorting, filters and
 * metric labels. An array is one column; a path can select one of its elements.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/decode/plan.h"

struct columns {
	const struct lun_plan *plan;
	struct lun_pick *picks;
	uint32_t nr, max;
};

static void join(char *path, size_t size, const char *prefix, const char *name)
{
	if (!name)
		snprintf(path, size, "%s", prefix);
	else
		snprintf(path, size, "%s%s%s", prefix, *prefix ? "." : "", name);
}

static void add(struct columns *c, uint32_t at, uint32_t offset, const char *path)
{
	if (c->nr < c->max) {
		struct lun_pick *pick = &c->picks[c->nr];

		pick->op = at;
		pick->offset = offset;
		snprintf(pick->path, sizeof(pick->path), "%s", path);
	}
	c->nr++;
}

static void walk(struct columns *c, uint32_t at, uint32_t base, const char *prefix)
{
	const struct lun_op *op = &c->plan->ops[at];
	const char *name = lun_plan_str(c->plan, op->name);
	char path[sizeof(c->picks->path)];

	join(path, sizeof(path), prefix, name);
	if (op->kind != LUN_K_STRUCT && op->kind != LUN_K_UNION) {
		add(c, at, base + op->offset, path);
		return;
	}
	for (uint32_t i = at + 1; i < op->next; i = c->plan->ops[i].next)
		walk(c, i, base + op->offset, at ? path : "");
}

static bool root_is_bare(const struct lun_plan *plan)
{
	const struct lun_op *op = plan->ops;

	return !op->name && op->kind != LUN_K_STRUCT && op->kind != LUN_K_UNION;
}

uint32_t lun_plan_columns(
	const struct lun_plan *plan, const char *root, struct lun_pick *picks, uint32_t max)
{
	struct columns c = { .plan = plan, .picks = picks, .max = max };

	if (plan->ops[0].kind == LUN_K_NONE)
		return 0;
	walk(&c, 0, 0, root_is_bare(plan) ? root : "");
	return c.nr;
}

static bool part_is(const char *name, const char *path, size_t len)
{
	return name && strlen(name) == len && !memcmp(name, path, len);
}

/* Follows the indices in the path, "[3][1]" for example. Returns the rest of the path. */
static const char *into_array(
	const struct lun_plan *plan, const char *path, struct lun_pick *pick, int *err)
{
	while (*path == '[') {
		const struct lun_op *op = &plan->ops[pick->op];
		char *end;
		unsigned long i = strtoul(path + 1, &end, 10);

		if (op->kind != LUN_K_ARRAY || *end != ']' || end == path + 1 || i >= op->count) {
			*err = -ENOENT;
			return path;
		}
		pick->op++;
		pick->offset += (uint32_t)i * (op->size / op->count) + plan->ops[pick->op].offset;
		path = end + 1;
	}
	return path;
}

/* Selects the member of the struct at pick that the path's first part names. */
static int into_struct(const struct lun_plan *plan, const char **path, struct lun_pick *pick);

static int into_anonymous(
	const struct lun_plan *plan, uint32_t at, const char **path, struct lun_pick *pick)
{
	struct lun_pick inner = { .op = at, .offset = pick->offset + plan->ops[at].offset };
	int err = into_struct(plan, path, &inner);

	if (!err) {
		pick->op = inner.op;
		pick->offset = inner.offset;
	}
	return err;
}

/* The length of the path that names the member. A static variable of a function is named
 * function.variable. */
static size_t taken_by(const char *name, const char *path)
{
	size_t len = name ? strlen(name) : 0;

	return len && strncmp(path, name, len) == 0 && strchr(".[", path[len]) ? len : 0;
}

static int into_struct(const struct lun_plan *plan, const char **path, struct lun_pick *pick)
{
	const struct lun_op *op = &plan->ops[pick->op];

	if (op->kind != LUN_K_STRUCT && op->kind != LUN_K_UNION)
		return -ENOENT;
	for (uint32_t i = pick->op + 1; i < op->next; i = plan->ops[i].next) {
		const char *name = lun_plan_str(plan, plan->ops[i].name);
		size_t len;

		if (!name && !into_anonymous(plan, i, path, pick))
			return 0;
		len = taken_by(name, *path);
		if (!len)
			continue;
		pick->op = i;
		pick->offset += plan->ops[i].offset;
		*path += len;
		return 0;
	}
	return -ENOENT;
}

int lun_plan_pick(
	const struct lun_plan *plan, const char *root, const char *path, struct lun_pick *pick)
{
	const char *rest = path, *name = lun_plan_str(plan, plan->ops[0].name);
	size_t len = strcspn(path, ".[");
	int err = 0;

	pick->op = 0;
	pick->offset = plan->ops[0].offset;
	snprintf(pick->path, sizeof(pick->path), "%s", path);
	if (plan->ops[0].kind != LUN_K_STRUCT && plan->ops[0].kind != LUN_K_UNION) {
		if (!part_is(name ? name : root, path, len))
			return -ENOENT;
		rest += len;
	}
	rest = into_array(plan, rest, pick, &err);
	while (!err && *rest) {
		rest += *rest == '.';
		err = into_struct(plan, &rest, pick);
		if (!err)
			rest = into_array(plan, rest, pick, &err);
	}
	return err;
}
