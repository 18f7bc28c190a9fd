#include "bpf/read/events.h"
#include "text/monotonic.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* HOLD_NS: a record may enter its CPU's buffer so long after its timestamp. */
enum { BATCH_BYTES = 4 << 20, ALIGN = 8, HOLD_NS = 1000000 };

/* A record: its place in `bytes`, and its time (perf events). */
struct entry {
	uint64_t time, at;
	uint32_t len;
};

struct lun_events {
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	struct lun_out bytes;   /* the records' bytes, one after the other */
	struct lun_out entries; /* struct entry: records not yet returned */
	struct lun_out spare;   /* used while the bytes are moved together */
	uint32_t given;         /* the first entries, returned by the last read */
	uint32_t batch;
	uint64_t complete; /* all perf records before this time have been taken */
	uint64_t lost;
	int map_fd, err;
};

static struct entry *entry_at(const struct lun_events *events, size_t index)
{
	return (struct entry *)(void *)events->entries.data + index;
}

static uint32_t count_entries(const struct lun_events *events)
{
	return (uint32_t)(events->entries.len / sizeof(struct entry));
}

static void add_record(struct lun_events *events, uint64_t time, const void *data, uint32_t len)
{
	struct entry entry = { time, events->bytes.len, len };
	static const char zeros[ALIGN];

	lun_out_mem(&events->bytes, data, len);
	lun_out_mem(&events->bytes, zeros, (ALIGN - len % ALIGN) % ALIGN);
	lun_out_mem(&events->entries, (const char *)&entry, sizeof(entry));
	if (events->bytes.err || events->entries.err)
		events->err = -ENOMEM;
}

/* A negative result ends the round; this record is consumed all the same. */
static int on_ring_record(void *ctx, void *data, size_t len)
{
	struct lun_events *events = ctx;

	add_record(events, 0, data, (uint32_t)len);
	return events->err || count_entries(events) >= events->batch ||
			events->bytes.len >= BATCH_BYTES
		? -EAGAIN
		: 0;
}

struct sample {
	struct perf_event_header head;
	uint64_t time;
	uint32_t size;
	char data[];
};

struct lost {
	struct perf_event_header head;
	uint64_t id, lost;
};

static enum bpf_perf_event_ret on_perf_event(void *ctx, int cpu, struct perf_event_header *head)
{
	struct lun_events *events = ctx;
	const struct sample *sample = (const void *)head;

	(void)cpu;
	if (head->type == PERF_RECORD_LOST)
		events->lost += ((const struct lost *)(const void *)head)->lost;
	else if (head->type == PERF_RECORD_SAMPLE)
		add_record(events, sample->time, sample->data, sample->size);
	return events->err ? LIBBPF_PERF_EVENT_ERROR : LIBBPF_PERF_EVENT_CONT;
}

static int open_ring(struct lun_events *events, int map_fd)
{
	events->ring = ring_buffer__new(map_fd, on_ring_record, events, NULL);
	return events->ring ? 0 : -errno;
}

static int open_perf(struct lun_events *events, int map_fd, size_t pages)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_TIME,
		.sample_period = 1,
		.wakeup_events = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC };

	events->perf = perf_buffer__new_raw(map_fd, pages, &attr, on_perf_event, events, NULL);
	return events->perf ? 0 : -errno;
}

static int open_map(struct lun_events *events, size_t pages)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (events->map_fd < 0 || bpf_obj_get_info_by_fd(events->map_fd, &info, &len))
		return -errno;
	if (info.type == BPF_MAP_TYPE_RINGBUF)
		return open_ring(events, events->map_fd);
	if (info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return open_perf(events, events->map_fd, pages);
	return -EOPNOTSUPP;
}

int lun_events_open(struct lun_events **slot, int map_fd, size_t pages, uint32_t batch)
{
	struct lun_events *events = calloc(1, sizeof(*events));
	int err;

	if (!events)
		return -ENOMEM;
	lun_out_init(&events->bytes);
	lun_out_init(&events->entries);
	lun_out_init(&events->spare);
	events->batch = batch;
	events->map_fd = fcntl(map_fd, F_DUPFD_CLOEXEC, 3);
	err = open_map(events, pages);
	if (err)
		lun_events_close(events);
	else
		*slot = events;
	return err;
}

void lun_events_close(struct lun_events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	perf_buffer__free(events->perf);
	if (events->map_fd >= 0)
		close(events->map_fd);
	lun_out_free(&events->bytes);
	lun_out_free(&events->entries);
	lun_out_free(&events->spare);
	free(events);
}

/* Removes the records returned by the last read, and moves the rest to the front. */
static int drop_given(struct lun_events *events)
{
	uint32_t left = count_entries(events) - events->given;
	struct lun_out moved;

	lun_out_reset(&events->spare);
	for (uint32_t i = 0; i < left; i++) {
		struct entry *entry = entry_at(events, events->given + i);
		uint64_t at = events->spare.len;

		lun_out_mem(&events->spare, events->bytes.data + entry->at,
			(entry->len + ALIGN - 1) / ALIGN * ALIGN);
		entry->at = at;
		*entry_at(events, i) = *entry;
	}
	if (events->spare.err)
		return -ENOMEM;
	events->entries.len = left * sizeof(struct entry);
	events->given = 0;
	moved = events->bytes;
	events->bytes = events->spare;
	events->spare = moved;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The number of first entries older than the time; no older record can follow. */
static uint32_t count_before(const struct lun_events *events, uint64_t time)
{
	uint32_t n = count_entries(events), low = 0, high = n < events->batch ? n : events->batch;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (entry_at(events, mid)->time < time)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Takes the records from the buffers of all CPUs and sorts them by time. */
static int take_perf(struct lun_events *events, int timeout_ms)
{
	uint64_t begun;
	int err;

	if (count_entries(events) && timeout_ms > 1)
		timeout_ms = 1;
	err = perf_buffer__poll(events->perf, timeout_ms);
	begun = lun_clock_ns(CLOCK_MONOTONIC);
	if (err >= 0)
		err = perf_buffer__consume(events->perf);
	if (err < 0 && err != -EINTR)
		return events->err ? events->err : err;
	if (err >= 0)
		events->complete = begun - HOLD_NS;
	if (events->entries.len)
		qsort(events->entries.data, count_entries(events), sizeof(struct entry), by_time);
	return 0;
}

/* Leaves records of a slow reader in the kernel, which counts losses. */
static int read_perf(struct lun_events *events, int timeout_ms)
{
	int err = count_before(events, events->complete) < events->batch
		? take_perf(events, timeout_ms)
		: 0;

	if (err)
		return err;
	return (int)(events->given = count_before(events, events->complete));
}

static int read_ring(struct lun_events *events, int timeout_ms)
{
	int err = ring_buffer__poll(events->ring, timeout_ms);

	if (events->err)
		return events->err;
	if (err < 0 && err != -EAGAIN && err != -EINTR)
		return err;
	return (int)(events->given = count_entries(events));
}

int lun_events_read(struct lun_events *events, int timeout_ms)
{
	int err = drop_given(events);

	if (err)
		return err;
	events->err = 0;
	return events->ring ? read_ring(events, timeout_ms) : read_perf(events, timeout_ms);
}

struct lun_event lun_events_at(const struct lun_events *events, uint32_t index)
{
	const struct entry *entry = entry_at(events, index);

	return (struct lun_event){ (const uint8_t *)events->bytes.data + entry->at, entry->len };
}

uint64_t lun_events_lost(const struct lun_events *events)
{
	return events->lost;
}

bool lun_events_is_perf(const struct lun_events *events)
{
	return events->perf;
}
