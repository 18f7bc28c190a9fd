#include "bpf/object/map_fill.h"

#include <errno.h>
#include <linux/bpf.h>

#include "bpf/object/iter_read.h"
#include "probes/fill.skel.h"

static struct lun_fill probe;

static int load(void)
{
	int err = lun_fill__create_skeleton(&probe);

	return err ? err : lun_iter_load(probe.skeleton, NULL);
}

static struct lun_iter_object object = LUN_ITER_OBJECT(load);

int lun_map_fill(struct lun_out *out)
{
	int err = lun_iter_ready(&object);

	return err ? err : lun_iter_run(probe.links.lun_fill, out);
}

int lun_map_there(struct lun_out *out)
{
	int err = lun_iter_ready(&object);

	return err ? err : lun_iter_run(probe.links.lun_there, out);
}

/* Types whose number of entries the probe can read. */
static bool is_counted(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return true;
	default:
		return false;
	}
}

int lun_map_fill_one(uint32_t id, uint32_t type, uint64_t *count)
{
	const struct lun_fill_record *records;
	struct lun_out out;
	int err;

	if (!is_counted(type))
		return -ENOENT;
	lun_out_init(&out);
	err = lun_map_fill(&out);
	records = (const void *)out.data;
	for (size_t i = 0; !err && i < out.len / sizeof(*records); i++) {
		if (records[i].id != id)
			continue;
		*count = records[i].count;
		lun_out_free(&out);
		return 0;
	}
	lun_out_free(&out);
	return err ? err : -ENOENT;
}
