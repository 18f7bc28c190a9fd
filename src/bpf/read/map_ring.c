#include "bpf/read/map_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEADER = 8, ROUND = 8 };

static uint64_t position(const uint8_t *page)
{
	return __atomic_load_n((const uint64_t *)(const void *)page, __ATOMIC_ACQUIRE);
}

int lun_ring_open(struct lun_ring *ring, const struct lun_map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumer, *rest;

	memset(ring, 0, sizeof(*ring));
	ring->page = page;
	ring->size = map->info.max_entries;
	consumer = mmap(NULL, page, PROT_READ, MAP_SHARED, map->fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	rest = mmap(NULL, page + 2 * ring->size, PROT_READ, MAP_SHARED, map->fd, (off_t)page);
	if (rest == MAP_FAILED) {
		int err = -errno;

		munmap(consumer, page);
		return err;
	}
	ring->consumer = consumer;
	ring->producer = rest;
	ring->data = ring->producer + page;
	ring->consumer_pos = position(ring->consumer);
	ring->producer_pos = position(ring->producer);
	ring->at = ring->consumer_pos;
	return 0;
}

void lun_ring_close(struct lun_ring *ring)
{
	if (ring->consumer)
		munmap((void *)(uintptr_t)ring->consumer, ring->page);
	if (ring->producer)
		munmap((void *)(uintptr_t)ring->producer, ring->page + 2 * ring->size);
	ring->consumer = ring->producer = NULL;
}

bool lun_ring_next(struct lun_ring *ring, struct lun_ring_record *record)
{
	const uint8_t *head;
	uint32_t len;

	if (ring->at >= ring->producer_pos || ring->producer_pos - ring->at > ring->size)
		return false;
	head = ring->data + (ring->at & (ring->size - 1));
	len = __atomic_load_n((const uint32_t *)(const void *)head, __ATOMIC_ACQUIRE);
	record->busy = len & BPF_RINGBUF_BUSY_BIT;
	record->discarded = len & BPF_RINGBUF_DISCARD_BIT;
	record->len = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	record->data = head + HEADER;
	if (record->len > ring->size - HEADER)
		return false; /* the consumer has moved on: this is no record header any more */
	ring->at += (record->len + HEADER + ROUND - 1) / ROUND * ROUND;
	if (record->busy)
		ring->at = ring->producer_pos;
	return true;
}
