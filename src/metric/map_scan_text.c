/*
 * A scan as a text source: one line per entry, made while it is read. Keeps an 8-byte hash of each
 * line's labels to leave out repeated label sets.
 */
#include "metric/map_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "text/log.h"
#include "metric/counts.h"
#include "text/monotonic.h"

enum { PULL_BYTES = 64 * 1024, FIRST_SEEN = 1024, MOST_AT_ONCE = 1 << 22 };

/* A set of hashes. */
struct seen {
	uint64_t *slots; /* 0: empty */
	size_t n_slots, used;
};

struct scan_source {
	struct lun_source base;
	struct lun_map_scan *scan;
	struct lun_map_scan_run run;
	struct lun_out parts; /* text before each label's value, NUL-terminated */
	size_t *part;         /* start of each part; the last one ends the line */
	struct lun_out clean; /* the label value being cleaned */
	double divisor;
	uint64_t limit, lines, doubles, cut;
	char *rule;
	struct seen seen;
	uint32_t entry, count; /* the place in the batch */
	bool begun;
	double began; /* on the monotonic clock */
};

static uint64_t *seen_slot(uint64_t *slots, size_t n, uint64_t hash)
{
	size_t i = hash & (n - 1);

	while (slots[i] && slots[i] != hash)
		i = (i + 1) & (n - 1);
	return &slots[i];
}

/* Mapped instead of allocated, so that the memory returns to the kernel after the scrape. */
static void seen_free(struct seen *seen)
{
	if (seen->slots)
		munmap(seen->slots, seen->n_slots * sizeof(*seen->slots));
}

static int seen_grow(struct seen *seen, size_t n)
{
	uint64_t *slots = mmap(NULL, n * sizeof(*slots), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		return -ENOMEM;
	for (size_t i = 0; i < seen->n_slots; i++) {
		if (seen->slots[i])
			*seen_slot(slots, n, seen->slots[i]) = seen->slots[i];
	}
	seen_free(seen);
	seen->slots = slots;
	seen->n_slots = n;
	return 0;
}

/* 1: added; 0: already there; -ENOMEM. */
static int seen_add(struct seen *seen, uint64_t hash)
{
	uint64_t *slot;

	if (seen->used >= seen->n_slots / 8 * 7 && seen_grow(seen, seen->n_slots * 2))
		return -ENOMEM;
	hash = hash ? hash : 1;
	slot = seen_slot(seen->slots, seen->n_slots, hash);
	if (*slot)
		return 0;
	*slot = hash;
	seen->used++;
	return 1;
}

static uint64_t hash_label(struct scan_source *src, const struct lun_slice *label)
{
	if (lun_metric_is_ascii(label->data, label->len))
		return lun_metric_hash(label->data, label->len);
	/* Different bytes may become the same text after cleaning. */
	lun_out_reset(&src->clean);
	lun_metric_clean(&src->clean, label->data, label->len);
	return lun_metric_hash(src->clean.data, src->clean.len);
}

/* The hash of all labels as they will be written, without constant ones. */
static uint64_t hash_labels(struct scan_source *src)
{
	const struct lun_map_scan_run *run = &src->run;
	uint64_t h = 0;

	for (size_t i = 0; i < run->scan->n_labels; i++) {
		if (run->scan->labels[i].from != LUN_FROM_CONST)
			h = h * 0x9e3779b97f4a7c15ull + hash_label(src, &run->labels[i]);
	}
	return h;
}

static void write_line(struct scan_source *src, struct lun_out *out, struct lun_metric_number v)
{
	const struct lun_map_scan_run *run = &src->run;
	size_t n = src->scan->n_labels;

	for (size_t i = 0; i < n; i++) {
		size_t len = lun_metric_label_cut(run->labels[i].data, run->labels[i].len);

		src->cut += len < run->labels[i].len;
		lun_out_str(out, src->parts.data + src->part[i]);
		lun_metric_chars(out, run->labels[i].data, len);
	}
	lun_out_str(out, src->parts.data + src->part[n]);
	lun_metric_number_write(out, v, src->divisor);
	lun_out_char(out, '\n');
}

static int write_entry(struct scan_source *src, struct lun_out *out, int cpu)
{
	struct lun_metric_number v;
	int is_new, err;

	if (!lun_map_scan_number(&src->run, &src->scan->cells[0].column, src->entry, cpu, &v))
		return 0;
	if (src->scan->skip_zero && lun_metric_number_double(v) == 0)
		return 0;
	if (src->lines >= src->limit) {
		src->lines++;
		return 0;
	}
	err = lun_map_scan_labels(&src->run, src->entry, cpu);
	is_new = err ? err : seen_add(&src->seen, hash_labels(src));
	if (is_new > 0) {
		write_line(src, out, v);
		src->lines++;
	}
	src->doubles += is_new == 0;
	return is_new < 0 ? is_new : 0;
}

/* Writes the rest of the batch, up to the limit of this pull. */
static int write_batch(struct scan_source *src, struct lun_out *out)
{
	bool each_cpu = src->scan->each_cpu && lun_map_type_per_cpu(src->scan->map.info.type);
	int cpus = each_cpu ? (int)src->scan->map.cpus : 1, err = 0;
	size_t enough = out->len + PULL_BYTES;

	for (; src->entry < src->count && out->len < enough && !err; src->entry++) {
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			err = write_entry(src, out, each_cpu ? cpu : -1);
	}
	return err;
}

/* Reports the number of lines left out; logs when that begins. */
static void tell_cut(
	const struct scan_source *src, const char *count, const char *reason, uint64_t n)
{
	double before = lun_count_set(src->rule, count, (double)n);

	if (n && before == 0)
		lun_log("warning", "metrics: %s: %llu series are left out (%s)", src->rule,
			(unsigned long long)n, reason);
}

/* Reports an error; logs the first one. */
static void tell_error(const struct scan_source *src, const char *what, uint64_t n)
{
	const struct bpf_map_info *map = &src->scan->map.info;

	if (n && lun_count_add(src->rule, "errors", (double)n) == 0)
		lun_log("warning", "metrics: %s: map %u (%s): %s", src->rule, map->id, map->name,
			what);
}

/* Adds the results to the process's counts: this page's own figures were made before its streams
 * were read. */
static void tell(const struct scan_source *src)
{
	const struct lun_map_scan *scan = src->scan;
	uint64_t over = src->lines > src->limit ? src->lines - src->limit : 0;

	lun_count_add(src->rule, "entries", (double)scan->entries);
	lun_count_set(src->rule, "streamed", lun_monotonic() - src->began);
	lun_count_set(src->rule, "series", (double)(src->lines - over));
	lun_count_add(src->rule, "labels_cut", (double)src->cut);
	tell_cut(src, "cut_max", "max_series", over);
	tell_cut(src, "cut_duplicate", "duplicate: another entry has their labels", src->doubles);
	tell_error(src, scan->error, scan->errors);
	tell_error(src, "changed too fast to be read to its end", scan->truncated);
	tell_error(src, "the scrape's deadline came before its end", scan->late);
}

/* Reserves room for as many entries as the map can hold, so that nothing moves; unused pages cost
 * nothing. */
static int begin(struct scan_source *src)
{
	size_t lines = src->scan->map.info.max_entries, n = FIRST_SEEN;
	int err = lun_map_scan_begin(&src->run, src->scan);

	if (err)
		return err;
	src->begun = true;
	src->began = lun_monotonic();
	lines *= src->scan->each_cpu ? src->scan->map.cpus : 1;
	lines = lines < src->limit ? lines : src->limit;
	while (n < MOST_AT_ONCE && n / 8 * 7 <= lines)
		n *= 2;
	return seen_grow(&src->seen, n);
}

static int scan_pull(struct lun_source *base, struct lun_out *out)
{
	struct scan_source *src = (struct scan_source *)base;
	int err = 0;

	if (!src->begun)
		err = begin(src);
	if (err)
		return err;
	if (src->entry == src->count) {
		int count = lun_map_scan_next(&src->run);

		if (count <= 0) {
			tell(src);
			return count;
		}
		src->entry = 0;
		src->count = (uint32_t)count;
	}
	err = write_batch(src, out);
	return err ? err : out->err ? out->err : 1;
}

static void scan_close(struct lun_source *base)
{
	struct scan_source *src = (struct scan_source *)base;

	if (src->begun)
		lun_map_scan_end(&src->run);
	lun_map_scan_free(src->scan);
	free(src->scan);
	seen_free(&src->seen);
	free(src->part);
	free(src->rule);
	lun_out_free(&src->parts);
	lun_out_free(&src->clean);
	free(src);
}

/* Makes the parts around the values: name{first=" · ",second=" · "} */
static void make_parts(struct scan_source *src, const struct lun_map_scan_text *text)
{
	size_t n = src->scan->n_labels;

	for (size_t i = 0; i < n; i++) {
		src->part[i] = src->parts.len;
		if (i == 0)
			lun_out_str(&src->parts, text->name);
		lun_out_str(&src->parts, i == 0 ? "{" : "\",");
		lun_out_str(&src->parts, text->labels[i]);
		lun_out_mem(&src->parts, "=\"", 3);
	}
	src->part[n] = src->parts.len;
	if (!n)
		lun_out_str(&src->parts, text->name);
	lun_out_str(&src->parts, n ? "\"} " : " ");
	lun_out_char(&src->parts, '\0');
}

struct lun_source *lun_map_scan_source(
	struct lun_map_scan *scan, const struct lun_map_scan_text *text)
{
	struct scan_source *src = calloc(1, sizeof(*src));

	if (!src) {
		lun_map_scan_free(scan);
		free(scan);
		return NULL;
	}
	src->base.pull = scan_pull;
	src->base.close = scan_close;
	src->scan = scan;
	src->divisor = text->divisor;
	src->limit = text->limit;
	src->rule = strdup(text->rule);
	src->part = calloc(scan->n_labels + 1, sizeof(*src->part));
	if (src->part)
		make_parts(src, text);
	if (!src->part || !src->rule || src->parts.err) {
		scan_close(&src->base);
		return NULL;
	}
	return &src->base;
}
