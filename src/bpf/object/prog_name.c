/*
 * Full names of programs. The kernel keeps 15 characters; a program's BTF has the whole name.
 * Reading BTF is slow compared with the rest of a listing, so names are cached by (id, load time),
 * a pair that no two programs share.
 */
#include <pthread.h>
#include <string.h>

#include "bpf/object/btf_load.h"
#include "bpf/object/prog.h"

enum { SLOTS = 2048 };

struct slot {
	uint32_t id;
	uint64_t load_time;
	char name[LUN_PROG_NAME_LEN];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS];

static bool recall(const struct bpf_prog_info *k, char *name)
{
	const struct slot *slot = &slots[k->id % SLOTS];
	bool found;

	pthread_mutex_lock(&lock);
	found = slot->id == k->id && slot->load_time == k->load_time;
	if (found)
		memcpy(name, slot->name, LUN_PROG_NAME_LEN);
	pthread_mutex_unlock(&lock);
	return found;
}

static void remember(const struct bpf_prog_info *k, const char *name)
{
	struct slot *slot = &slots[k->id % SLOTS];

	pthread_mutex_lock(&lock);
	slot->id = k->id;
	slot->load_time = k->load_time;
	memcpy(slot->name, name, LUN_PROG_NAME_LEN);
	pthread_mutex_unlock(&lock);
}

/* The BTF type of the program's first function, or 0. */
static uint32_t main_type(int fd)
{
	struct bpf_func_info func = { 0 };
	struct bpf_prog_info k;

	memset(&k, 0, sizeof(k));
	k.nr_func_info = 1;
	k.func_info_rec_size = sizeof(func);
	k.func_info = (uint64_t)(uintptr_t)&func;
	return lun_object_info(fd, &k, sizeof(k)) ? 0 : func.type_id;
}

static void read_name(uint32_t btf_id, uint32_t type_id, char *name)
{
	struct btf *btf = lun_btf_of_id(btf_id);
	const struct btf_type *type = btf ? btf__type_by_id(btf, type_id) : NULL;
	const char *full = type ? btf__name_by_offset(btf, type->name_off) : NULL;

	if (full && strstr(full, name)) { /* bcc drops a prefix */
		memset(name, 0, LUN_PROG_NAME_LEN);
		strncpy(name, full, LUN_PROG_NAME_LEN - 1);
	}
	btf__free(btf);
}

void lun_prog_full_name(int fd, const struct bpf_prog_info *k, char name[LUN_PROG_NAME_LEN])
{
	uint32_t type;

	if (strlen(name) < BPF_OBJ_NAME_LEN - 1 || !k->btf_id || recall(k, name))
		return;
	type = main_type(fd);
	if (type)
		read_name(k->btf_id, type, name);
	remember(k, name);
}
