#include "bpf/cost/profile.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RING_PAGES = 64 }; /* of data, a CPU: a power of two */

struct ring {
	int fd;
	struct perf_event_mmap_page *page; /* NULL until it is mapped */
};

struct lun_profile {
	size_t page_size;
	int nr_rings;
	struct ring *rings;
};

/* The native code of one function of a program. */
struct range {
	uint64_t start;
	uint64_t end;
	uint32_t prog_id;
	uint32_t func;
};

struct list {
	void *items;
	size_t count;
	size_t cap;
};

static void *list_add(struct list *list, size_t size)
{
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 64;
		void *items = realloc(list->items, cap * size);

		if (!items)
			return NULL;
		list->items = items;
		list->cap = cap;
	}
	return (char *)list->items + size * list->count++;
}

static size_t ring_bytes(const struct lun_profile *p)
{
	return (RING_PAGES + 1) * p->page_size;
}

static int open_ring(struct lun_profile *p, int cpu, unsigned int hertz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_freq = hertz,
		.freq = 1,
		.sample_type = PERF_SAMPLE_IP,
		.exclude_user = 1,
	};
	struct ring *ring = &p->rings[p->nr_rings];
	void *map;

	ring->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (ring->fd < 0)
		return errno == ENODEV ? 0 : -errno; /* ENODEV: that CPU is off */
	p->nr_rings++;
	map = mmap(NULL, ring_bytes(p), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	ring->page = map;
	return 0;
}

int lun_profile_start(struct lun_profile **profile, unsigned int hertz)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct lun_profile *p = calloc(1, sizeof(*p));
	int err = 0;

	*profile = NULL;
	if (!p)
		return -ENOMEM;
	p->page_size = (size_t)sysconf(_SC_PAGESIZE);
	p->rings = calloc((size_t)cpus, sizeof(*p->rings));
	if (!p->rings)
		err = -ENOMEM;
	for (int cpu = 0; !err && cpu < cpus; cpu++)
		err = open_ring(p, cpu, hertz);
	if (err) {
		lun_profile_stop(p);
		return err;
	}
	*profile = p;
	return 0;
}

void lun_profile_stop(struct lun_profile *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->nr_rings; i++) {
		if (p->rings[i].page)
			munmap(p->rings[i].page, ring_bytes(p));
		close(p->rings[i].fd);
	}
	free(p->rings);
	free(p);
}

/* Copies out of the ring, whose records may go round its end. */
static void copy_out(
	const struct lun_profile *p, const struct ring *ring, uint64_t at, void *to, size_t len)
{
	const char *data = (const char *)ring->page + p->page_size;
	size_t size = RING_PAGES * p->page_size;

	for (size_t i = 0; i < len; i++)
		((char *)to)[i] = data[(at + i) & (size - 1)];
}

static int take_record(const struct lun_profile *p, const struct ring *ring, uint64_t at,
	const struct perf_event_header *header, struct list *ips, uint64_t *lost)
{
	uint64_t words[2] = { 0 }; /* of a sample: ip; of a loss: id, count */
	size_t body = header->size - sizeof(*header);
	uint64_t *ip;

	copy_out(p, ring, at + sizeof(*header), words, body < sizeof(words) ? body : sizeof(words));
	if (header->type == PERF_RECORD_LOST)
		*lost += words[1];
	if (header->type != PERF_RECORD_SAMPLE)
		return 0;
	ip = list_add(ips, sizeof(*ip));
	if (!ip)
		return -ENOMEM;
	*ip = words[0];
	return 0;
}

static int drain(
	const struct lun_profile *p, const struct ring *ring, struct list *ips, uint64_t *lost)
{
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->page->data_tail;
	int err = 0;

	while (!err && tail < head) {
		struct perf_event_header header;

		copy_out(p, ring, tail, &header, sizeof(header));
		if (header.size < sizeof(header))
			break;
		err = take_record(p, ring, tail, &header, ips, lost);
		tail += header.size;
	}
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
	return err;
}

static int get_info(int fd, struct bpf_prog_info *info)
{
	uint32_t len = sizeof(*info);

	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

static int add_funcs(int fd, uint32_t prog_id, struct list *ranges)
{
	struct bpf_prog_info seen = { 0 }, info = { 0 };
	uint32_t n, *lens = NULL;
	uint64_t *starts = NULL;
	int err = get_info(fd, &seen);

	n = seen.nr_jited_ksyms;
	if (err || !n || n != seen.nr_jited_func_lens)
		return 0; /* gone, or no native code */
	starts = calloc(n, sizeof(*starts));
	lens = calloc(n, sizeof(*lens));
	info.nr_jited_ksyms = info.nr_jited_func_lens = n;
	info.jited_ksyms = (uint64_t)(uintptr_t)starts;
	info.jited_func_lens = (uint64_t)(uintptr_t)lens;
	err = starts && lens ? get_info(fd, &info) : -ENOMEM;
	for (uint32_t i = 0; !err && i < n; i++) {
		struct range *range = list_add(ranges, sizeof(*range));

		if (range)
			*range = (struct range){ starts[i], starts[i] + lens[i], prog_id, i };
		else
			err = -ENOMEM;
	}
	free(starts);
	free(lens);
	return err == -ENOMEM ? err : 0;
}

static int find_ranges(struct list *ranges)
{
	uint32_t id = 0;
	int err = 0;

	while (!err && !bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		err = add_funcs(fd, id, ranges);
		close(fd);
	}
	return err;
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int by_address(const void *key, const void *range)
{
	uint64_t ip = *(const uint64_t *)key;
	const struct range *r = range;

	return ip < r->start ? -1 : ip >= r->end;
}

static int by_place(const void *a, const void *b)
{
	const struct lun_hot *x = a, *y = b;

	if (x->prog_id != y->prog_id)
		return x->prog_id < y->prog_id ? -1 : 1;
	if (x->func != y->func)
		return x->func < y->func ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Merges samples of one address; afterwards the list is sorted. */
static size_t merge(struct lun_hot *hot, size_t n)
{
	size_t kept = 0;

	qsort(hot, n, sizeof(*hot), by_place);
	for (size_t i = 0; i < n; i++) {
		if (kept && !by_place(&hot[kept - 1], &hot[i]))
			hot[kept - 1].samples += hot[i].samples;
		else
			hot[kept++] = hot[i];
	}
	return kept;
}

static int match(
	const struct list *ips, const struct list *ranges, struct lun_profile_result *result)
{
	struct list hot = { 0 };

	if (ranges->count)
		qsort(ranges->items, ranges->count, sizeof(struct range), by_start);
	for (size_t i = 0; ranges->count && i < ips->count; i++) {
		const uint64_t *ip = (const uint64_t *)ips->items + i;
		const struct range *range =
			bsearch(ip, ranges->items, ranges->count, sizeof(*range), by_address);
		struct lun_hot *place = range ? list_add(&hot, sizeof(*place)) : NULL;

		if (range && !place) {
			free(hot.items);
			return -ENOMEM;
		}
		if (range)
			*place = (struct lun_hot){ range->prog_id, range->func,
				(uint32_t)(*ip - range->start), 1 };
	}
	result->hot = hot.items;
	result->nr_hot = hot.count ? merge(hot.items, hot.count) : 0;
	return 0;
}

int lun_profile_read(struct lun_profile *p, struct lun_profile_result *result)
{
	struct list ips = { 0 }, ranges = { 0 };
	int err = 0;

	memset(result, 0, sizeof(*result));
	for (int i = 0; !err && i < p->nr_rings; i++)
		err = drain(p, &p->rings[i], &ips, &result->lost);
	if (!err)
		err = find_ranges(&ranges);
	result->samples = ips.count;
	if (!err)
		err = match(&ips, &ranges, result);
	free(ips.items);
	free(ranges.items);
	return err;
}

void lun_profile_result_free(struct lun_profile_result *result)
{
	free(result->hot);
	memset(result, 0, sizeof(*result));
}
