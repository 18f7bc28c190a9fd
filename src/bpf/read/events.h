#pragma once
/*
 * Events: the records that programs send through a ring buffer or a perf buffer, consumed in
 * batches and in order. A ring buffer has one order. The buffers of the CPUs of a perf buffer are
 * put in the order of time, so that a record waits until all buffers were read up to its time.
 * Belongs to one thread at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/out.h"

struct lun_events;

struct lun_event {
	const uint8_t *data; /* valid until the next read */
	uint32_t
		len; /* of a perf buffer: up to 7 more than were sent, as the kernel rounds it up */
};

/* Consumes the map of a descriptor, which is copied: a ring buffer or a perf event array. `pages`
 * (a power of two) is what each CPU's perf buffer has, `batch` the most records of one read.
 * 0, -EOPNOTSUPP: a map of another type, or -errno. */
int lun_events_open(struct lun_events **events, int map_fd, size_t pages, uint32_t batch);
void lun_events_close(struct lun_events *events);
/* Waits up to so long for records, and takes a batch: how many it has, or -errno. A signal ends the
 * wait: 0. */
int lun_events_read(struct lun_events *events, int timeout_ms);
/* A record of the batch, by its index. */
struct lun_event lun_events_at(const struct lun_events *events, uint32_t index);
/* Records that the kernel had no room for so far, in a perf buffer; a ring buffer does not tell. */
uint64_t lun_events_lost(const struct lun_events *events);
bool lun_events_is_perf(const struct lun_events *events);
