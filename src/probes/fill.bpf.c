// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * One iterator writes the number of entries of every map that the kernel counts; another writes
 * the ids of all maps, and the fields that may change.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "probes/fill.h"

#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL_STRUCT;

struct bpf_map {
	__u32 id;
	enum bpf_map_type map_type;
	__u32 max_entries;
	__s64 *elem_count;
	bool frozen;
} KERNEL_STRUCT;

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
} KERNEL_STRUCT;

struct lpm_trie {
	struct bpf_map map;
	unsigned long n_entries;
} KERNEL_STRUCT;

struct bpf_queue_stack {
	struct bpf_map map;
	__u32 head, tail;
	__u32 size;
} KERNEL_STRUCT;

struct bpf_ringbuf {
	unsigned long consumer_pos;
	unsigned long producer_pos;
} KERNEL_STRUCT;

struct bpf_ringbuf_map {
	struct bpf_map map;
	struct bpf_ringbuf *rb;
} KERNEL_STRUCT;

struct bpf_dtab {
	struct bpf_map map;
	__u32 items;
} KERNEL_STRUCT;

extern __s64 bpf_map_sum_elem_count(const struct bpf_map *map) __ksym __weak;

static __u64 queue_count(const struct bpf_queue_stack *q, bool stack)
{
	__u32 head = BPF_CORE_READ(q, head), tail = BPF_CORE_READ(q, tail);

	if (stack || head >= tail)
		return head - (stack ? 0 : tail);
	return head + BPF_CORE_READ(q, size) - tail;
}

static __u64 ring_bytes(const struct bpf_ringbuf_map *map)
{
	return BPF_CORE_READ(map, rb, producer_pos) - BPF_CORE_READ(map, rb, consumer_pos);
}

/* Types that keep their count in a member of their own; false for other types. */
static bool own_count(struct bpf_map *map, struct lun_fill_record *record)
{
	switch (record->type) {
	case BPF_MAP_TYPE_LPM_TRIE:
		record->count = BPF_CORE_READ((struct lpm_trie *)map, n_entries);
		return true;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		record->count = queue_count(
			(struct bpf_queue_stack *)map, record->type == BPF_MAP_TYPE_STACK);
		return true;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		record->count = ring_bytes((struct bpf_ringbuf_map *)map);
		return true;
	case BPF_MAP_TYPE_DEVMAP_HASH:
		record->count = BPF_CORE_READ((struct bpf_dtab *)map, items);
		return true;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		record->count = BPF_CORE_READ(map, max_entries);
		return true;
	default:
		return false;
	}
}

SEC("iter/bpf_map")
int lun_fill(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;
	struct lun_fill_record record = {};
	__s64 count;

	if (!map)
		return 0;
	record.id = map->id;
	record.type = map->map_type;
	if (!own_count(map, &record)) {
		if (!bpf_core_field_exists(map->elem_count) || !map->elem_count)
			return 0;
		if (!bpf_map_sum_elem_count)
			return 0;
		count = bpf_map_sum_elem_count(map);
		record.count = count < 0 ? 0 : count;
	}
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

SEC("iter/bpf_map")
int lun_there(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;
	struct lun_there_record record = {};

	if (!map)
		return 0;
	record.id = map->id;
	record.frozen = map->frozen;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
