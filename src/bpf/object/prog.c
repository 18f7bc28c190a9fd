#include "bpf/object/prog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void clear_pointers(struct bpf_prog_info *k)
{
	k->map_ids = 0;
}

static void count_maps(struct lun_prog_info *info, uint32_t room)
{
	if (info->k.nr_map_ids > room)
		info->k.nr_map_ids = room;
}

/* More maps than fit: asks again with room for the number that the kernel reported. */
static int read_maps(int fd, struct lun_prog_info *info)
{
	uint32_t n = info->k.nr_map_ids;
	struct bpf_prog_info again;
	int err;

	info->maps = calloc(n, sizeof(*info->maps));
	if (!info->maps)
		return -ENOMEM;
	memset(&again, 0, sizeof(again));
	again.nr_map_ids = n;
	again.map_ids = (uint64_t)(uintptr_t)info->maps;
	err = lun_object_info(fd, &again, sizeof(again));
	if (err) {
		free(info->maps);
		return err;
	}
	info->k.nr_map_ids = again.nr_map_ids;
	count_maps(info, n);
	return 0;
}

int lun_prog_info(int fd, struct lun_prog_info *info)
{
	int err;

	memset(&info->k, 0, sizeof(info->k));
	info->maps = info->map_ids;
	info->k.nr_map_ids = LUN_PROG_MAPS_INLINE;
	info->k.map_ids = (uint64_t)(uintptr_t)info->map_ids;
	err = lun_object_info(fd, &info->k, sizeof(info->k));
	if (!err && info->k.nr_map_ids > LUN_PROG_MAPS_INLINE)
		err = read_maps(fd, info);
	if (err)
		return err;
	clear_pointers(&info->k);
	memcpy(info->name, info->k.name, sizeof(info->k.name));
	info->name[sizeof(info->k.name) - 1] = 0;
	lun_prog_full_name(fd, &info->k, info->name);
	return lun_object_fdinfo(fd, &info->fd);
}

void lun_prog_info_free(struct lun_prog_info *info)
{
	if (info->maps != info->map_ids)
		free(info->maps);
	info->maps = info->map_ids;
	info->k.nr_map_ids = 0;
}

static bool id_has_name(uint32_t id, const char *name)
{
	char full[LUN_PROG_NAME_LEN] = "";
	struct bpf_prog_info k;
	bool same = false;
	int fd = lun_object_open(LUN_PROG, id);

	if (fd < 0)
		return false;
	memset(&k, 0, sizeof(k));
	if (!lun_object_info(fd, &k, sizeof(k))) {
		memcpy(full, k.name, sizeof(k.name));
		lun_prog_full_name(fd, &k, full);
		same = !strcmp(k.name, name) || !strcmp(full, name);
	}
	close(fd);
	return same;
}

int lun_prog_find(const char *name, uint32_t *ids, int max)
{
	uint32_t id = 0;
	int n = 0, err;

	while (!(err = lun_object_next(LUN_PROG, &id))) {
		if (!id_has_name(id, name))
			continue;
		if (n < max)
			ids[n] = id;
		n++;
	}
	return err == -ENOENT ? n : err;
}

int lun_prog_count(int fd, struct lun_prog_count *count)
{
	struct bpf_prog_info k;
	int err;

	memset(&k, 0, sizeof(k));
	err = lun_object_info(fd, &k, sizeof(k));
	count->time_ns = k.run_time_ns;
	count->runs = k.run_cnt;
	count->misses = k.recursion_misses;
	return err;
}
