#pragma once
/* Histograms of powers of two, by a key. */
#include "tools/tool.bpf.h"

enum { SLOTS = 36 };

struct key {
	__u64 id; /* a process, a disk, or 0 for all */
	char comm[COMM];
};

struct histogram {
	__u64 slots[SLOTS];
};

HASH(histograms, struct key, struct histogram, 10240);
__u64 missed; /* there was no room for a new key */

static const struct histogram no_histogram;

static __always_inline void add_to(const struct key *key, __u64 value)
{
	struct histogram *histogram = bpf_map_lookup_elem(&histograms, key);
	__u32 slot = log2_slot(value);

	if (!histogram) {
		bpf_map_update_elem(&histograms, key, &no_histogram, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&histograms, key);
	}
	if (!histogram) {
		__sync_fetch_and_add(&missed, 1);
		return;
	}
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&histogram->slots[slot], 1);
}
