#include "metric/hash_set.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static uint64_t *slot_of(uint64_t *slots, size_t n, uint64_t hash)
{
	size_t i = hash & (n - 1);

	while (slots[i] && slots[i] != hash)
		i = (i + 1) & (n - 1);
	return &slots[i];
}

/* Mapped instead of allocated, so that the memory returns to the kernel after the scrape. */
void lun_hash_set_free(struct lun_hash_set *set)
{
	if (set->slots)
		munmap(set->slots, set->n_slots * sizeof(*set->slots));
}

int lun_hash_set_grow(struct lun_hash_set *set, size_t n)
{
	uint64_t *slots = mmap(NULL, n * sizeof(*slots), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		return -ENOMEM;
	for (size_t i = 0; i < set->n_slots; i++) {
		if (set->slots[i])
			*slot_of(slots, n, set->slots[i]) = set->slots[i];
	}
	lun_hash_set_free(set);
	set->slots = slots;
	set->n_slots = n;
	return 0;
}

int lun_hash_set_add(struct lun_hash_set *set, uint64_t hash)
{
	uint64_t *slot;

	if (set->used >= set->n_slots / 8 * 7 && lun_hash_set_grow(set, set->n_slots * 2))
		return -ENOMEM;
	hash = hash ? hash : 1;
	slot = slot_of(set->slots, set->n_slots, hash);
	if (*slot)
		return 0;
	*slot = hash;
	set->used++;
	return 1;
}
