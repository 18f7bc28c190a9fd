#pragma once
/*
 * Reads a ring buffer's unconsumed records by mapping its pages read-only: consumes nothing and
 * does not disturb the buffer's reader. If that reader goes on, producers may overwrite records
 * while we copy them.
 */
#include "bpf/object/map.h"

struct lun_ring {
	const uint8_t *consumer, *producer, *data; /* mapped pages */
	uint64_t size;                             /* of the data */
	uint64_t consumer_pos, producer_pos;       /* when it was opened */
	uint64_t at;                               /* the next record */
	size_t page;
};

struct lun_ring_record {
	const uint8_t *data;
	uint32_t len;
	bool busy; /* reserved, not yet written: nothing behind it is readable */
	bool discarded;
};

int lun_ring_open(struct lun_ring *ring, const struct lun_map *map);
void lun_ring_close(struct lun_ring *ring);
/* The next record; false at the end. */
bool lun_ring_next(struct lun_ring *ring, struct lun_ring_record *record);
