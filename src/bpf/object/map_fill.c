#include "bpf/object/map_fill.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "bpf/object/iter_read.h"
#include "probes/fill.skel.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_fill *skeleton;
static int load_error; /* kept, so that a refused program is not loaded again at every call */

static int remember(int err)
{
	if (!lun_iter_may_retry(err))
		load_error = err;
	return err;
}

/* With the lock held. */
static int load(void)
{
	int err;

	if (skeleton || load_error)
		return load_error;
	skeleton = lun_fill__open_and_load();
	if (!skeleton)
		return remember(errno ? -errno : -EINVAL);
	err = lun_fill__attach(skeleton);
	if (!err)
		return 0;
	lun_fill__destroy(skeleton);
	skeleton = NULL;
	return remember(err);
}

enum iterator { FILL, THERE };

static int open_iterator(enum iterator which)
{
	const struct bpf_link *link;
	int err, fd = -1;

	pthread_mutex_lock(&lock);
	err = load();
	if (!err) {
		link = which == FILL ? skeleton->links.lun_fill : skeleton->links.lun_there;
		fd = bpf_iter_create(bpf_link__fd(link));
	}
	if (!err && fd < 0)
		err = -errno;
	pthread_mutex_unlock(&lock);
	return err ? err : fd;
}

static int walk(enum iterator which, struct lun_out *out)
{
	int fd = open_iterator(which), err;

	if (fd < 0)
		return fd;
	err = lun_iter_read(fd, out);
	close(fd);
	return err;
}

int lun_map_fill(struct lun_out *out)
{
	return walk(FILL, out);
}

int lun_map_there(struct lun_out *out)
{
	return walk(THERE, out);
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
