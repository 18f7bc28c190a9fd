#include "metric/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metric/group_order.h"
#include "metric/top_groups.h"

enum { FIRST_SLOTS = 64, FIRST_GROUPS = 32, LENGTH_BYTES = 2 };

struct lun_groups {
	size_t n_labels, n_cells, limit;
	enum lun_merge *merge; /* by cell */
	unsigned char *kind;   /* by cell: the kind of its column, enum lun_metric_kind */
	/* by group */
	size_t size, room;
	uint64_t *hash;
	size_t *end;            /* end of its key in keys; unused when only hashes are kept */
	uint64_t *cell;         /* n_cells values per group, as bits */
	unsigned char *set;     /* the same size: 1 when a value was added */
	struct lun_out keys;    /* all keys: per label two bytes of length, then the value */
	struct lun_out scratch; /* the key being looked up */
	uint32_t *slots;        /* open addressing: group + 1; 0: empty */
	size_t n_slots;
	uint64_t dropped, cut;
	size_t pruned;
	bool keyless;
	struct lun_top_groups *ranked; /* NULL: all groups and labels are kept */
};

struct lun_groups *lun_groups_new(
	size_t n_labels, size_t n_cells, const enum lun_merge *merge, size_t limit)
{
	struct lun_groups *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->n_labels = n_labels;
	t->n_cells = n_cells;
	t->limit = limit < UINT32_MAX ? limit : UINT32_MAX - 1;
	t->merge = calloc(n_cells ? n_cells : 1, sizeof(*t->merge));
	t->kind = calloc(n_cells ? n_cells : 1, 1);
	t->slots = calloc(FIRST_SLOTS, sizeof(*t->slots));
	t->n_slots = FIRST_SLOTS;
	if (!t->merge || !t->kind || !t->slots) {
		lun_groups_free(t);
		return NULL;
	}
	memcpy(t->merge, merge, n_cells * sizeof(*merge));
	return t;
}

void lun_groups_free(struct lun_groups *t)
{
	if (!t)
		return;
	free(t->merge);
	free(t->kind);
	free(t->hash);
	free(t->end);
	free(t->cell);
	free(t->set);
	free(t->slots);
	lun_out_free(&t->keys);
	lun_out_free(&t->scratch);
	lun_top_groups_free(t->ranked);
	free(t);
}

uint64_t lun_metric_hash(const char *s, size_t len)
{
	const uint64_t k = 0x9e3779b97f4a7c15ull;
	uint64_t h = len * k, word;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&word, s, 8);
		h = (h ^ word) * k;
		h ^= h >> 32;
	}
	word = 0;
	if (len)
		memcpy(&word, s, len);
	h = (h ^ word) * k;
	return h ^ h >> 29;
}

/* Appends a label value to the key, as valid UTF-8 of limited length, so that values whose text is
 * equal have equal keys. */
static void put_label(struct lun_groups *t, struct lun_slice label)
{
	struct lun_out *key = &t->scratch;
	size_t kept = label.len < 4 * LUN_METRIC_LABEL_MAX ? label.len : 4 * LUN_METRIC_LABEL_MAX;
	size_t start = key->len + LENGTH_BYTES, len;
	uint16_t stored = 0;

	lun_out_mem(key, &stored, LENGTH_BYTES);
	if (lun_metric_is_ascii(label.data, kept))
		lun_out_mem(key, label.data, kept);
	else
		lun_metric_clean(key, label.data, kept);
	if (key->err)
		return;
	len = lun_metric_label_cut(key->data + start, key->len - start);
	t->cut += kept < label.len || len < key->len - start;
	key->len = start + len;
	stored = (uint16_t)len;
	memcpy(key->data + start - LENGTH_BYTES, &stored, LENGTH_BYTES);
}

struct lun_slice lun_groups_key(const struct lun_groups *t, size_t group)
{
	size_t start = group ? t->end[group - 1] : 0;
	const char *keys = t->keys.data ? t->keys.data : ""; /* no label, no byte */

	return (struct lun_slice){ keys + start, t->end[group] - start };
}

uint64_t lun_groups_hash(const struct lun_groups *t, size_t group)
{
	return t->hash[group];
}

static bool is_key(const struct lun_groups *t, size_t group, const struct lun_out *key)
{
	struct lun_slice known = lun_groups_key(t, group);

	return known.len == key->len && (!key->len || memcmp(known.data, key->data, key->len) == 0);
}

/* The slot of the key in scratch, or the empty slot where it belongs. */
static size_t find_slot(const struct lun_groups *t, uint64_t hash)
{
	size_t mask = t->n_slots - 1, i = hash & mask;

	for (; t->slots[i]; i = (i + 1) & mask) {
		size_t group = t->slots[i] - 1;

		if (t->hash[group] == hash && (t->keyless || is_key(t, group, &t->scratch)))
			break;
	}
	return i;
}

/* Rebuilds the hash table with n slots. */
static int make_slots(struct lun_groups *t, size_t n)
{
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t group = 0; group < t->size; group++) {
		size_t i = t->hash[group] & (n - 1);

		while (slots[i])
			i = (i + 1) & (n - 1);
		slots[i] = (uint32_t)group + 1;
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	return 0;
}

static int resize(void *array, size_t item, size_t n)
{
	void **p = array, *grown = realloc(*p, n && item ? n * item : 1);

	if (!grown)
		return -ENOMEM;
	*p = grown;
	return 0;
}

static int grow_groups(struct lun_groups *t)
{
	size_t room = t->room ? t->room + t->room / 2 : FIRST_GROUPS;
	int err = resize(&t->hash, sizeof(*t->hash), room);

	if (!t->keyless)
		err = err ? err : resize(&t->end, sizeof(*t->end), room);
	err = err ? err : resize(&t->cell, sizeof(*t->cell) * t->n_cells, room);
	err = err ? err : resize(&t->set, t->n_cells, room);
	if (!err)
		t->room = room;
	return err;
}

static int64_t add_group(struct lun_groups *t, uint64_t hash)
{
	size_t group = t->size;

	if (group == t->room && grow_groups(t))
		return -ENOMEM;
	if (!t->keyless) {
		lun_out_mem(&t->keys, t->scratch.data, t->scratch.len);
		if (t->keys.err)
			return t->keys.err;
		t->end[group] = t->keys.len;
	}
	t->hash[group] = hash;
	memset(t->cell + group * t->n_cells, 0, t->n_cells * sizeof(*t->cell));
	memset(t->set + group * t->n_cells, 0, t->n_cells);
	t->size++;
	return (int64_t)group;
}

/* The group of the key in scratch, given the key's hash. */
int64_t lun_groups_group_of(struct lun_groups *t, uint64_t hash)
{
	size_t slot = find_slot(t, hash);
	int64_t group;

	if (t->slots[slot])
		return t->slots[slot] - 1;
	if (t->size >= t->limit) {
		t->dropped++;
		return -ENOSPC;
	}
	group = add_group(t, hash);
	if (group < 0)
		return group;
	t->slots[slot] = (uint32_t)group + 1;
	if (t->size > t->n_slots / 4 * 3 && make_slots(t, t->n_slots * 2))
		return -ENOMEM;
	return group;
}

int64_t lun_groups_group(struct lun_groups *t, const struct lun_slice *labels)
{
	int err = t->ranked ? lun_top_groups_settle(t, t->ranked) : 0;
	uint64_t hash;

	if (err)
		return err;
	lun_out_reset(&t->scratch);
	for (size_t i = 0; i < t->n_labels; i++)
		put_label(t, labels[i]);
	if (t->scratch.err)
		return t->scratch.err;
	hash = lun_metric_hash(t->scratch.data, t->scratch.len);
	return t->ranked ? lun_top_groups_group(t->ranked, hash) : lun_groups_group_of(t, hash);
}

static uint64_t to_bits(struct lun_metric_number v)
{
	uint64_t bits;

	memcpy(&bits, &v.u64, sizeof(bits));
	return bits;
}

static struct lun_metric_number from_bits(unsigned char kind, uint64_t bits)
{
	struct lun_metric_number v = { .kind = kind };

	memcpy(&v.u64, &bits, sizeof(bits));
	return v;
}

static struct lun_metric_number convert(struct lun_metric_number v, unsigned char kind)
{
	if (kind == LUN_NUMBER_F64 && v.kind != LUN_NUMBER_F64)
		return (struct lun_metric_number){ .kind = LUN_NUMBER_F64,
			.f64 = lun_metric_number_double(v) };
	v.kind = kind;
	return v;
}

/* The kind that holds both numbers exactly, if there is one: an integer up to 2^63 may be signed or
 * unsigned. */
static unsigned char common_kind(unsigned char kind, struct lun_metric_number v)
{
	bool both = (kind == LUN_NUMBER_U64 && v.kind == LUN_NUMBER_I64 && v.i64 >= 0) ||
		(kind == LUN_NUMBER_I64 && v.kind == LUN_NUMBER_U64 && v.u64 <= INT64_MAX);

	if (kind == LUN_NUMBER_NONE || kind == v.kind)
		return v.kind;
	return both ? kind : LUN_NUMBER_F64;
}

static void change_column(struct lun_groups *t, size_t cell, unsigned char kind)
{
	for (size_t i = cell; i < t->size * t->n_cells; i += t->n_cells)
		t->cell[i] = to_bits(convert(from_bits(t->kind[cell], t->cell[i]), kind));
	t->kind[cell] = kind;
}

/* Widens the column's kind so that it can hold v; returns v in that kind. */
static struct lun_metric_number adapt(struct lun_groups *t, size_t cell, struct lun_metric_number v)
{
	unsigned char kind = common_kind(t->kind[cell], v);

	if (kind != t->kind[cell])
		change_column(t, cell, kind);
	return convert(v, kind);
}

static bool less(struct lun_metric_number a, struct lun_metric_number b)
{
	if (a.kind == LUN_NUMBER_U64)
		return a.u64 < b.u64;
	if (a.kind == LUN_NUMBER_I64)
		return a.i64 < b.i64;
	return a.f64 < b.f64;
}

/* a += b, both of one kind; false when an integer would overflow. */
static bool sum(struct lun_metric_number *a, struct lun_metric_number b)
{
	if (a->kind == LUN_NUMBER_U64)
		return !__builtin_add_overflow(a->u64, b.u64, &a->u64);
	if (a->kind == LUN_NUMBER_I64)
		return !__builtin_add_overflow(a->i64, b.i64, &a->i64);
	a->f64 += b.f64;
	return true;
}

struct lun_metric_number lun_number_sum(struct lun_metric_number a, struct lun_metric_number b)
{
	unsigned char kind = common_kind((unsigned char)a.kind, b);
	struct lun_metric_number total = convert(a, kind);

	if (sum(&total, convert(b, kind)))
		return total;
	total = convert(a, LUN_NUMBER_F64);
	sum(&total, convert(b, LUN_NUMBER_F64));
	return total;
}

static void merge_sum(struct lun_groups *t, size_t i, size_t cell, struct lun_metric_number v)
{
	struct lun_metric_number total = from_bits(t->kind[cell], t->cell[i]);

	if (!sum(&total, v)) {
		change_column(t, cell, LUN_NUMBER_F64);
		total = from_bits(LUN_NUMBER_F64, t->cell[i]);
		sum(&total, convert(v, LUN_NUMBER_F64));
	}
	t->cell[i] = to_bits(total);
}

int lun_groups_add(struct lun_groups *t, size_t group, size_t cell, struct lun_metric_number v)
{
	size_t i = group * t->n_cells + cell;
	struct lun_metric_number old;

	if (t->ranked)
		return lun_top_groups_add(t->ranked, group, cell, v);
	if (t->set[i] && t->merge[cell] == LUN_MERGE_FIRST)
		return -EEXIST;
	v = adapt(t, cell, v);
	if (t->set[i] && t->merge[cell] == LUN_MERGE_SUM) {
		merge_sum(t, i, cell, v);
		return 0;
	}
	old = from_bits(t->kind[cell], t->cell[i]);
	if (!t->set[i] || t->merge[cell] == LUN_MERGE_LAST ||
		(t->merge[cell] == LUN_MERGE_MIN ? less(v, old) : less(old, v)))
		t->cell[i] = to_bits(v);
	t->set[i] = 1;
	return 0;
}

/* No slot was filled after it, so emptying its slot breaks no other group's probe sequence. */
void lun_groups_pop(struct lun_groups *t)
{
	size_t group = t->size - 1, i = t->hash[group] & (t->n_slots - 1);

	while (t->slots[i] != group + 1)
		i = (i + 1) & (t->n_slots - 1);
	t->slots[i] = 0;
	t->size = group;
	t->keys.len = group ? t->end[group - 1] : 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Moves a group to a lower index. */
static void move_group(struct lun_groups *t, size_t to, size_t from)
{
	struct lun_slice key = lun_groups_key(t, from);
	size_t start = to ? t->end[to - 1] : 0;

	memmove(t->keys.data + start, key.data, key.len);
	t->end[to] = start + key.len;
	t->hash[to] = t->hash[from];
	memmove(t->cell + to * t->n_cells, t->cell + from * t->n_cells,
		t->n_cells * sizeof(*t->cell));
	memmove(t->set + to * t->n_cells, t->set + from * t->n_cells, t->n_cells);
}

int lun_groups_prune(struct lun_groups *t, size_t keep, struct lun_rank by)
{
	uint32_t *order;

	if (keep >= t->size)
		return 0;
	order = malloc(t->size * sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < t->size; i++)
		order[i] = (uint32_t)i;
	lun_groups_top(t, order, t->size, keep, by);
	qsort(order, keep, sizeof(*order), by_number);
	for (size_t i = 0; i < keep; i++)
		move_group(t, i, order[i]);
	free(order);
	t->pruned += t->size - keep;
	t->size = keep;
	t->keys.len = keep ? t->end[keep - 1] : 0;
	return make_slots(t, t->n_slots);
}

int lun_groups_rank(struct lun_groups *t, size_t keep, size_t by)
{
	struct lun_groups *totals = lun_groups_new(0, t->n_cells, t->merge, t->limit);

	if (!totals)
		return -ENOMEM;
	totals->keyless = true;
	t->limit = UINT32_MAX - 1;
	t->ranked = lun_top_groups_new(totals, keep, by, t->merge[by] == LUN_MERGE_SUM);
	return t->ranked ? 0 : -ENOMEM;
}

int lun_groups_settle(struct lun_groups *t)
{
	struct lun_top_groups *ranked = t->ranked;
	int err = ranked ? lun_top_groups_settle(t, ranked) : 0;

	if (!ranked || err)
		return err;
	t->ranked = NULL;
	t->pruned = 0;
	err = lun_top_groups_end(ranked, &t->pruned, &t->dropped);
	t->pruned -= t->size;
	return err;
}

void lun_groups_clear(struct lun_groups *t)
{
	memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
	t->size = 0;
	t->keys.len = 0;
}

size_t lun_groups_pruned(const struct lun_groups *t)
{
	return t->pruned;
}

size_t lun_groups_labels(const struct lun_groups *t)
{
	return t->n_labels;
}

size_t lun_groups_cells(const struct lun_groups *t)
{
	return t->n_cells;
}

size_t lun_groups_size(const struct lun_groups *t)
{
	return t->size;
}

uint64_t lun_groups_dropped(const struct lun_groups *t)
{
	return t->dropped;
}

uint64_t lun_groups_cut(const struct lun_groups *t)
{
	return t->cut;
}

struct lun_slice lun_groups_label(const struct lun_groups *t, size_t group, size_t label)
{
	const char *p = lun_groups_key(t, group).data;
	uint16_t len;

	for (;; p += len) {
		memcpy(&len, p, LENGTH_BYTES);
		p += LENGTH_BYTES;
		if (!label--)
			return (struct lun_slice){ p, len };
	}
}

struct lun_metric_number lun_groups_get(const struct lun_groups *t, size_t group, size_t cell)
{
	size_t i = group * t->n_cells + cell;

	return from_bits(t->set[i] ? t->kind[cell] : LUN_NUMBER_NONE, t->cell[i]);
}

void lun_groups_set(struct lun_groups *t, size_t group, size_t cell, struct lun_metric_number v)
{
	size_t i = group * t->n_cells + cell;

	t->cell[i] = to_bits(adapt(t, cell, v));
	t->set[i] = 1;
}
