/*
 * A scan as a text source: one line per entry, made while it is read. Keeps an 8-byte hash of each
 * line's labels to leave out repeated label sets.
 */
#include "metric/map_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/log.h"
#include "bpf/read/team.h"
#include "metric/counts.h"
#include "metric/hash_set.h"
#include "text/monotonic.h"

enum { PULL_BYTES = 64 * 1024, FIRST_SEEN = 1024, MOST_AT_ONCE = 1 << 22 };

struct scan_source;

/* Writes lines; each thread has one. */
struct writer {
	const struct scan_source *src;
	struct lun_map_scan *scan;
	struct lun_map_scan_run run;
	struct lun_out clean; /* the label value being cleaned */
	uint64_t cut;
};

/* Threads that write the lines of ranges, each after its struct mark: the set of hashes is one
 * thread's. */
struct scan_team {
	struct lun_team *team;
	struct lun_map_scan scans[LUN_TEAM_MAX]; /* the scan, with an outcome of its own */
	struct writer writers[LUN_TEAM_MAX];
	uint32_t nr;
	struct lun_out text;
};

struct mark {
	uint64_t hash; /* of the line's labels */
	uint64_t len;
};

struct scan_source {
	struct lun_source base;
	struct lun_map_scan *scan;
	struct writer writer;
	struct scan_team *team;
	struct lun_out parts; /* text before each label's value, NUL-terminated */
	size_t *part;         /* start of each part; the last one ends the line */
	double divisor;
	uint64_t limit, lines, doubles;
	char *rule;
	struct lun_hash_set seen;
	uint32_t entry, count; /* the place in the batch */
	bool begun, asked;     /* whether several threads may write the rest */
	double began;          /* on the monotonic clock */
};

static uint64_t hash_label(struct writer *w, const struct lun_slice *label)
{
	if (lun_metric_is_ascii(label->data, label->len))
		return lun_metric_hash(label->data, label->len);
	/* Different bytes may become the same text after cleaning. */
	lun_out_reset(&w->clean);
	lun_metric_clean(&w->clean, label->data, label->len);
	return lun_metric_hash(w->clean.data, w->clean.len);
}

/* The hash of all labels as they will be written, without constant ones. */
static uint64_t hash_labels(struct writer *w)
{
	const struct lun_map_scan_run *run = &w->run;
	uint64_t h = 0;

	for (size_t i = 0; i < run->scan->n_labels; i++) {
		if (run->scan->labels[i].from != LUN_FROM_CONST)
			h = h * 0x9e3779b97f4a7c15ull + hash_label(w, &run->labels[i]);
	}
	return h;
}

static void write_line(struct writer *w, struct lun_out *out, struct lun_metric_number v)
{
	const struct lun_map_scan_run *run = &w->run;
	const struct scan_source *src = w->src;
	size_t n = w->scan->n_labels;

	for (size_t i = 0; i < n; i++) {
		size_t len = lun_metric_label_cut(run->labels[i].data, run->labels[i].len);

		w->cut += len < run->labels[i].len;
		lun_out_str(out, src->parts.data + src->part[i]);
		lun_metric_chars(out, run->labels[i].data, len);
	}
	lun_out_str(out, src->parts.data + src->part[n]);
	lun_metric_number_write(out, v, src->divisor);
	lun_out_char(out, '\n');
}

/* The entry's number; false when it has no line. */
static bool number_of(struct writer *w, uint32_t entry, int cpu, struct lun_metric_number *v)
{
	if (!lun_map_scan_number(&w->run, &w->scan->cells[0].column, entry, cpu, v))
		return false;
	return !w->scan->skip_zero || lun_metric_number_double(*v) != 0;
}

static int write_entry(struct scan_source *src, struct lun_out *out, int cpu)
{
	struct writer *w = &src->writer;
	struct lun_metric_number v;
	int is_new, err;

	if (!number_of(w, src->entry, cpu, &v))
		return 0;
	if (src->lines >= src->limit) {
		src->lines++;
		return 0;
	}
	err = lun_map_scan_labels(&w->run, src->entry, cpu);
	is_new = err ? err : lun_hash_set_add(&src->seen, hash_labels(w));
	if (is_new > 0) {
		write_line(w, out, v);
		src->lines++;
	}
	src->doubles += is_new == 0;
	return is_new < 0 ? is_new : 0;
}

static int cpus_of(const struct lun_map_scan *scan)
{
	bool each_cpu = scan->each_cpu && lun_map_type_per_cpu(scan->map.info.type);

	return each_cpu ? (int)scan->map.cpus : 0;
}

/* Writes the rest of the batch, up to the limit of this pull. */
static int write_batch(struct scan_source *src, struct lun_out *out)
{
	int cpus = cpus_of(src->scan), err = 0;
	size_t enough = out->len + PULL_BYTES;

	for (; src->entry < src->count && out->len < enough && !err; src->entry++) {
		if (!cpus)
			err = write_entry(src, out, -1);
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			err = write_entry(src, out, cpu);
	}
	return err;
}

static int write_marked(struct writer *w, struct lun_out *out, uint32_t entry, int cpu)
{
	size_t start = out->len;
	struct lun_metric_number v;
	struct mark mark;
	int err;

	if (!number_of(w, entry, cpu, &v))
		return 0;
	err = lun_map_scan_labels(&w->run, entry, cpu);
	if (err)
		return err;
	mark.hash = hash_labels(w);
	lun_out_mem(out, &mark, sizeof(mark));
	write_line(w, out, v);
	if (out->err)
		return out->err;
	mark.len = out->len - start - sizeof(mark);
	memcpy(out->data + start, &mark, sizeof(mark));
	return 0;
}

static int write_range(
	void *member, const struct lun_range *range, uint32_t count, struct lun_out *out)
{
	struct writer *w = member;
	int cpus = cpus_of(w->scan), err = 0;

	w->run.cursor.keys = range->keys;
	w->run.cursor.values = range->values;
	for (uint32_t i = 0; i < count && !err; i++) {
		if (!cpus)
			err = write_marked(w, out, i, -1);
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			err = write_marked(w, out, i, cpu);
	}
	return err;
}

/* Adds a thread's outcome to the scan's. */
static void add_outcome(struct scan_source *src, const struct writer *w)
{
	struct lun_map_scan *scan = src->scan;

	if (!scan->errors && w->scan->errors)
		memcpy(scan->error, w->scan->error, sizeof(scan->error));
	scan->errors += w->scan->errors;
	src->writer.cut += w->cut;
}

static void close_team(struct scan_source *src)
{
	struct scan_team *team = src->team;

	src->team = NULL;
	if (!team)
		return;
	src->scan->entries += lun_team_close(team->team);
	for (uint32_t i = 0; i < team->nr; i++) {
		struct writer *w = &team->writers[i];

		add_outcome(src, w);
		lun_ctx_free(&w->run.ctx);
		lun_out_free(&w->run.text);
		lun_out_free(&w->clean);
		free(w->run.labels);
	}
	lun_out_free(&team->text);
	free(team);
}

/* The thread's buffers take the place of the cursor's. */
static int add_writer(struct scan_source *src, struct scan_team *team)
{
	struct lun_map_scan *scan = &team->scans[team->nr];
	struct writer *w = &team->writers[team->nr++];

	*scan = *src->scan;
	scan->errors = scan->entries = 0;
	w->src = src;
	w->scan = w->run.scan = scan;
	lun_ctx_init(&w->run.ctx);
	w->run.cursor.map = scan->map;
	w->run.labels = calloc(scan->n_labels + 1, sizeof(*w->run.labels));
	return w->run.labels ? 0 : -ENOMEM;
}

/* After the first batch: several threads write the rest of a large map. */
static void share_rest(struct scan_source *src)
{
	const struct lun_cursor *cur = &src->writer.run.cursor;
	uint32_t nr = cur->done || !cur->by_batch ? 1 : lun_team_size(&src->scan->map);
	void *members[LUN_TEAM_MAX];
	int err = 0;

	src->asked = true;
	if (nr < 2)
		return;
	src->team = calloc(1, sizeof(*src->team));
	if (!src->team)
		return;
	for (uint32_t i = 0; i < nr && !err; i++) {
		err = add_writer(src, src->team);
		members[i] = &src->team->writers[i];
	}
	if (!err)
		err = lun_team_open(&src->team->team, &src->scan->map,
			lun_ranges_position(&src->scan->map, cur->position), cur->seen, write_range,
			members, nr);
	if (err)
		close_team(src);
}

/* Takes the marks out of a range's text, and the lines whose labels were there. */
static int write_unmarked(struct scan_source *src, struct lun_out *out)
{
	const struct lun_out *text = &src->team->text;
	struct mark mark;

	for (size_t at = 0; at < text->len; at += mark.len) {
		int is_new;

		memcpy(&mark, text->data + at, sizeof(mark));
		at += sizeof(mark);
		if (src->lines >= src->limit) {
			src->lines++;
			continue;
		}
		is_new = lun_hash_set_add(&src->seen, mark.hash);
		if (is_new < 0)
			return is_new;
		if (is_new)
			lun_out_mem(out, text->data + at, mark.len);
		src->lines += (uint64_t)is_new;
		src->doubles += !is_new;
	}
	return 0;
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
	lun_count_add(src->rule, "labels_cut", (double)src->writer.cut);
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
	int err = lun_map_scan_begin(&src->writer.run, src->scan);

	if (err)
		return err;
	src->begun = true;
	src->began = lun_monotonic();
	lines *= src->scan->each_cpu ? src->scan->map.cpus : 1;
	lines = lines < src->limit ? lines : src->limit;
	while (n < MOST_AT_ONCE && n / 8 * 7 <= lines)
		n *= 2;
	return lun_hash_set_grow(&src->seen, n);
}

/* 1: another range is written; 0: that was the last, or the deadline came; or -errno. */
static int pull_range(struct scan_source *src, struct lun_out *out)
{
	int more, err;

	if (src->scan->deadline > 0 && lun_monotonic() > src->scan->deadline) {
		src->scan->late = true;
		more = err = 0;
	} else {
		lun_out_reset(&src->team->text);
		more = lun_team_next(src->team->team, &src->team->text);
		err = more < 0 ? more : write_unmarked(src, out);
	}
	if (err || more)
		return err ? err : 1;
	close_team(src);
	tell(src);
	return 0;
}

static int pull_batch(struct scan_source *src, struct lun_out *out)
{
	int err;

	if (src->entry == src->count) {
		int count = lun_map_scan_next(&src->writer.run);

		if (count <= 0) {
			tell(src);
			return count;
		}
		src->entry = 0;
		src->count = (uint32_t)count;
	}
	err = write_batch(src, out);
	if (!err && src->entry == src->count && !src->asked)
		share_rest(src);
	return err ? err : 1;
}

static int scan_pull(struct lun_source *base, struct lun_out *out)
{
	struct scan_source *src = (struct scan_source *)base;
	int more = src->begun ? 0 : begin(src);

	if (!more)
		more = src->team ? pull_range(src, out) : pull_batch(src, out);
	return out->err ? out->err : more;
}

static void scan_close(struct lun_source *base)
{
	struct scan_source *src = (struct scan_source *)base;

	close_team(src);
	if (src->begun)
		lun_map_scan_end(&src->writer.run);
	lun_map_scan_free(src->scan);
	free(src->scan);
	lun_hash_set_free(&src->seen);
	free(src->part);
	free(src->rule);
	lun_out_free(&src->parts);
	lun_out_free(&src->writer.clean);
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
	src->scan = src->writer.scan = scan;
	src->writer.src = src;
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
