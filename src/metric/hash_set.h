#pragma once
/*
 * A set of 64-bit hashes. Its memory is mapped, not allocated, so that it returns to the kernel
 * when the set is freed; unused pages cost nothing.
 */
#include <stddef.h>
#include <stdint.h>

struct lun_hash_set {
	uint64_t *slots; /* 0: empty */
	size_t n_slots, used;
};

/* Room for n slots, a power of two. 0 or -ENOMEM. */
int lun_hash_set_grow(struct lun_hash_set *set, size_t n);
/* 1: added; 0: already there; -ENOMEM. */
int lun_hash_set_add(struct lun_hash_set *set, uint64_t hash);
void lun_hash_set_free(struct lun_hash_set *set);
