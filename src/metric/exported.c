#include "metric/exported.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metric/group_order.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0x9e3779b97f4a7c15ull;
	return a ^ a >> 32;
}

static uint64_t content(const struct lun_groups *t, size_t group)
{
	uint64_t h = 1;

	for (size_t cell = 0; cell < lun_groups_cells(t); cell++)
		h = mix(h, lun_groups_get(t, group, cell).u64);
	return h;
}

bool lun_series_fresh(struct lun_history *history, const struct lun_groups *groups, size_t group,
	double now, double expire)
{
	struct lun_expiry *expiry = lun_history_expiry(history);
	uint64_t key = lun_groups_hash(groups, group);

	if (!expiry)
		return true;
	if (lun_history_stale(history))
		return lun_expiry_look(expiry, key, now) <= expire;
	return lun_expiry_note(expiry, key, content(groups, group), now) <= expire;
}

static void pick_fresh(struct lun_exported *exported, struct lun_history *history,
	const struct lun_export_opts *opts)
{
	size_t n = lun_groups_size(exported->groups);
	bool all = !history || opts->expire <= 0;

	for (size_t group = 0; group < n; group++) {
		if (all ||
			lun_series_fresh(
				history, exported->groups, group, opts->began, opts->expire))
			exported->order[exported->size++] = (uint32_t)group;
	}
	exported->cut_expired = n - exported->size;
}

static void keep_top(struct lun_exported *exported, size_t n, struct lun_rank by)
{
	lun_groups_top(exported->groups, exported->order, exported->size, n, by);
	exported->size = n;
}

static void pick_top(struct lun_exported *exported, const struct lun_export_opts *opts)
{
	size_t top = opts->top ? opts->top : SIZE_MAX;
	size_t before = exported->size;

	if (before > top)
		keep_top(exported, top, opts->by);
	exported->cut_top = before - exported->size + lun_groups_pruned(exported->groups);
	before = exported->size;
	if (before > opts->max)
		keep_top(exported, opts->max, opts->by);
	exported->cut_max = before - exported->size;
}

static struct lun_metric_number zero(enum lun_metric_kind kind)
{
	struct lun_metric_number v = { .kind = kind };

	if (kind == LUN_NUMBER_F64)
		v.f64 = 0;
	return v;
}

/* a += b, both of the same kind; an integer stops at the limit of 64 bits. */
static void add_to(struct lun_metric_number *a, struct lun_metric_number b)
{
	if (a->kind == LUN_NUMBER_F64)
		a->f64 += b.f64;
	else if (a->kind == LUN_NUMBER_U64 && __builtin_add_overflow(a->u64, b.u64, &a->u64))
		a->u64 = UINT64_MAX;
	else if (a->kind == LUN_NUMBER_I64 && __builtin_add_overflow(a->i64, b.i64, &a->i64))
		a->i64 = INT64_MAX;
}

/* from - v, for a number that fell from `from` to v. */
static struct lun_metric_number fall(struct lun_metric_number from, struct lun_metric_number v)
{
	if (from.kind == LUN_NUMBER_F64)
		from.f64 -= v.f64;
	else
		from.u64 -= v.u64;
	return from;
}

/* A counter that fell: adds the lost amount to its base, or restarts it. */
static void note_fall(struct lun_past *past, struct lun_metric_number v,
	const struct lun_export_opts *opts, double before)
{
	if (opts->reset == LUN_RESET_HOLD) {
		add_to(&past->base, fall(past->last, v));
	} else {
		past->created = before;
	}
}

static void watch(struct lun_exported *exported, size_t place, size_t cell,
	struct lun_history *history, const struct lun_export_opts *opts)
{
	size_t group = exported->order[place];
	uint64_t key = mix(lun_groups_hash(exported->groups, group), cell + 1);
	struct lun_metric_number v = lun_groups_get(exported->groups, group, cell);
	struct lun_past *past = v.kind ? lun_history_past(history, key) : NULL;
	double before = lun_history_before(history);

	if (!past)
		return;
	if (past->last.kind != v.kind) {
		/* New series, or integers that became doubles: they get a start time of their
		 * own. */
		past->created = before;
		past->base = zero(v.kind);
		past->last = v;
	}
	if (!lun_history_stale(history)) {
		if (lun_number_compare(v, past->last) < 0)
			note_fall(past, v, opts, before);
		past->last = v;
		past->seen = opts->now;
	}
	add_to(&v, past->base);
	lun_groups_set(exported->groups, group, cell, v);
	exported->created[place * lun_groups_cells(exported->groups) + cell] = past->created;
}

static int watch_counters(struct lun_exported *exported, struct lun_history *history,
	const struct lun_export_opts *opts)
{
	size_t n_cells = lun_groups_cells(exported->groups);

	exported->created = calloc(exported->size * n_cells + 1, sizeof(*exported->created));
	if (!exported->created)
		return -ENOMEM;
	for (size_t place = 0; place < exported->size; place++) {
		for (size_t cell = 0; cell < n_cells; cell++) {
			if (opts->counter[cell])
				watch(exported, place, cell, history, opts);
		}
	}
	return 0;
}

static int fill(struct lun_exported *exported, struct lun_history *history,
	const struct lun_export_opts *opts)
{
	exported->order = calloc(lun_groups_size(exported->groups) + 1, sizeof(*exported->order));
	if (!exported->order)
		return -ENOMEM;
	pick_fresh(exported, history, opts);
	pick_top(exported, opts);
	lun_groups_by_labels(exported->groups, exported->order, exported->size);
	return history && opts->counter ? watch_counters(exported, history, opts) : 0;
}

struct lun_exported *lun_exported_new(struct lun_groups *groups, const struct lun_export_opts *opts)
{
	bool remembers = opts->rule && (opts->expire > 0 || opts->counter);
	struct lun_history *history = remembers ? lun_history_open(opts->rule, opts->began) : NULL;
	struct lun_exported *exported = calloc(1, sizeof(*exported));
	int err = exported && (history || !remembers) ? 0 : -ENOMEM;

	if (exported) {
		exported->refs = 1;
		exported->groups = groups;
		err = err ? err : fill(exported, history, opts);
	} else {
		lun_groups_free(groups);
	}
	if (history)
		lun_history_close(history, opts->now);
	if (err) {
		lun_exported_unref(exported);
		return NULL;
	}
	return exported;
}

struct lun_exported *lun_exported_ref(struct lun_exported *exported)
{
	__atomic_add_fetch(&exported->refs, 1, __ATOMIC_RELAXED);
	return exported;
}

void lun_exported_unref(struct lun_exported *exported)
{
	if (!exported || __atomic_sub_fetch(&exported->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (size_t i = 0; exported->exemplar && i < exported->size; i++)
		lun_out_free(&exported->exemplar[i]);
	free(exported->exemplar);
	free(exported->exemplar_value);
	free(exported->created);
	free(exported->order);
	lun_groups_free(exported->groups);
	free(exported);
}

static int make_exemplars(struct lun_exported *exported)
{
	if (exported->exemplar)
		return 0;
	exported->exemplar_value = calloc(exported->size + 1, sizeof(*exported->exemplar_value));
	exported->exemplar = calloc(exported->size + 1, sizeof(*exported->exemplar));
	return exported->exemplar && exported->exemplar_value ? 0 : -ENOMEM;
}

int lun_exported_exemplar(
	struct lun_exported *exported, size_t place, const struct lun_out *labels, double value)
{
	int err = make_exemplars(exported);

	if (err)
		return err;
	lun_out_reset(&exported->exemplar[place]);
	lun_out_mem(&exported->exemplar[place], labels->data, labels->len);
	exported->exemplar_value[place] = value;
	return exported->exemplar[place].err;
}
