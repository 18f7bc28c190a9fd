// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Walks every program array and writes the programs in its slots: the kernel has no batch lookup
 * for program arrays, and arrays of hundreds of thousands of slots are mostly empty. Reads the
 * array's pointers in blocks. User space serializes the readers, because the variables are shared.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "probes/slots.h"

#define KERNEL_STRUCT __attribute__((preserve_access_index))

enum { BLOCK = 128 };

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL_STRUCT;

struct bpf_map {
	__u32 id;
	enum bpf_map_type map_type;
	__u32 max_entries;
} KERNEL_STRUCT;

struct bpf_prog_aux {
	__u32 id;
} KERNEL_STRUCT;

struct bpf_prog {
	struct bpf_prog_aux *aux;
} KERNEL_STRUCT;

struct bpf_array {
	struct bpf_map map;
	void *ptrs[0];
} KERNEL_STRUCT;

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
} KERNEL_STRUCT;

__u32 only;  /* this map alone; 0: all */
__u32 start; /* from this slot on */

static struct bpf_prog *block[BLOCK];
static struct lun_slot_record records[LUN_SLOTS_ROOM];

struct look {
	__u64 slots; /* address of the first slot's pointer */
	__u32 map_id, max;
	__u32 at;
	__u32 found;
	__u32 failed;
};

static void note(struct look *look, __u32 index, __u32 prog_id)
{
	struct lun_slot_record *record = &records[look->found++ & (LUN_SLOTS_ROOM - 1)];

	record->map_id = look->map_id;
	record->index = index;
	record->prog_id = prog_id;
}

/* Returns 1, which ends the loop, at the array's end or when another block might not fit. */
static long look_at_block(__u64 nr, struct look *look)
{
	__u32 n = look->max - look->at;

	if (look->at >= look->max || look->found > LUN_SLOTS_ROOM - 1 - BLOCK)
		return 1;
	if (n > BLOCK)
		n = BLOCK;
	look->failed = bpf_probe_read_kernel(block, n * sizeof(*block),
			       (void *)(look->slots + look->at * sizeof(*block))) != 0;
	if (look->failed)
		return 1;
	for (__u32 i = 0; i < BLOCK && i < n; i++)
		if (block[i])
			note(look, look->at + i, BPF_CORE_READ(block[i], aux, id));
	look->at += n;
	return 0;
}

SEC("iter/bpf_map")
int lun_slots(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;
	struct look look = {};

	if (!map || map->map_type != BPF_MAP_TYPE_PROG_ARRAY || (only && map->id != only))
		return 0;
	look.map_id = map->id;
	look.max = map->max_entries;
	look.at = start;
	look.slots = (__u64)map + bpf_core_field_offset(struct bpf_array, ptrs);
	bpf_loop(look.max / BLOCK + 1, look_at_block, &look, 0);
	if (look.failed)
		note(&look, 0, LUN_SLOTS_UNREAD);
	else if (look.at < look.max)
		note(&look, look.at, 0);
	if (look.found && look.found <= LUN_SLOTS_ROOM)
		bpf_seq_write(ctx->meta->seq, records, look.found * sizeof(*records));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
