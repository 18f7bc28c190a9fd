/* Local storage, read through its owners: tasks, sockets, inodes, cgroups. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/host/cgroup_tree.h"
#include "bpf/object/map_types.h"
#include "bpf/read/map_storage.h"

/* Local storage needs BTF: an int key and an int value. */
static bool make_storage(struct lun_map *map, uint32_t type)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *btf = btf__new_empty();
	int fd = -1;

	opts.btf_key_type_id = (uint32_t)btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	opts.btf_value_type_id = (uint32_t)btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	if (!btf__load_into_kernel(btf)) {
		opts.btf_fd = (uint32_t)btf__fd(btf);
		fd = bpf_map_create(type, "mt_storage", 4, 8, 0, &opts);
	}
	btf__free(btf);
	return fd >= 0 && !lun_map_open_fd(map, fd);
}

struct found {
	uint32_t count;
	uint64_t value;
	struct lun_storage_head head;
	char path[256];
};

static bool note(
	void *ctx, const struct lun_storage_head *head, const char *path, const uint8_t *value)
{
	struct found *found = ctx;

	found->count++;
	found->head = *head;
	memcpy(&found->value, value, sizeof(found->value));
	strncpy(found->path, path ? path : "", sizeof(found->path) - 1);
	return true;
}

/* Sets a value for the owner behind fd, and looks for it. */
static struct found store(uint32_t type, int fd)
{
	struct found found = { 0 };
	uint64_t value = 4711;
	struct lun_map map;
	int err;

	if (fd < 0 || !make_storage(&map, type))
		skip();
	assert_int_equal(lun_map_update(&map, &fd, &value, BPF_ANY), 0);
	err = lun_map_storage(&map, note, &found);
	lun_map_close(&map);
	if (err == -EPERM && lun_storage_program(type)) {
		print_message("# skipped: the kernel refuses the program %s\n",
			lun_storage_program(type));
		skip();
	}
	assert_int_equal(err, 0);
	close(fd);
	assert_true(found.count >= 1);
	assert_int_equal(found.value, 4711);
	return found;
}

static void test_task_storage(void **state)
{
	struct found found =
		store(BPF_MAP_TYPE_TASK_STORAGE, (int)syscall(SYS_pidfd_open, getpid(), 0));

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.head.pid, getpid());
	assert_string_equal(found.head.comm, "map_storage");
}

static void test_socket_storage(void **state)
{
	struct found found = store(BPF_MAP_TYPE_SK_STORAGE, socket(AF_INET, SOCK_DGRAM, 0));

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.head.family, AF_INET);
}

static void test_inode_storage(void **state)
{
	struct found found =
		store(BPF_MAP_TYPE_INODE_STORAGE, open("/etc/hostname", O_RDONLY | O_CLOEXEC));

	(void)state;
	assert_string_equal(found.path, "/etc/hostname");
}

static void test_cgroup_storage(void **state)
{
	struct found found;
	char root[256];

	(void)state;
	if (!lun_cgroup_root(root, sizeof(root)))
		skip();
	found = store(LUN_MAP_TYPE_CGRP_STORAGE, open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	assert_int_equal(found.count, 1);
	assert_string_equal(found.path, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_task_storage),
		cmocka_unit_test(test_socket_storage),
		cmocka_unit_test(test_inode_storage),
		cmocka_unit_test(test_cgroup_storage),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
