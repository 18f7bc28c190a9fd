#include "bpf/object/probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object/load.h"
#include "bpf/object/map_types.h"
#include "bpf/object/type_names.h"

enum { NETFILTER = 32, ATTACH_NETFILTER = 45, KNOWN_PROGS = BPF_PROG_TYPE_SYSCALL };
enum { KNOWN_MAPS = BPF_MAP_TYPE_USER_RINGBUF };

static const struct bpf_insn pass[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static const struct bpf_insn zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int verdict(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int probe_netfilter(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		.expected_attach_type = (enum bpf_attach_type)ATTACH_NETFILTER);

	return verdict(
		bpf_prog_load((enum bpf_prog_type)NETFILTER, "lun_probe", "GPL", pass, 2, &opts));
}

/* libbpf tests this type by fentry, which needs trampolines; but iterators and BTF tracepoints are
 * of this type, too, and need none. */
static int probe_tracing(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	int id = libbpf_find_vmlinux_btf_id("sched_process_exec", BPF_TRACE_RAW_TP);

	if (id < 0)
		return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, NULL);
	opts.attach_btf_id = (uint32_t)id;
	return verdict(bpf_prog_load(BPF_PROG_TYPE_TRACING, "lun_probe", "GPL", zero, 2, &opts));
}

/* A type that libbpf does not know. The kernel's list of types can show that the kernel lacks it,
 * but not that it accepts it. */
static int unknown_type(enum lun_kind kind, uint32_t type)
{
	return lun_type_in_kernel(kind, type) == 0 ? 0 : -EOPNOTSUPP;
}

int lun_probe_prog(uint32_t type)
{
	lun_load_init();
	if (type == NETFILTER)
		return probe_netfilter();
	if (type == BPF_PROG_TYPE_TRACING)
		return probe_tracing();
	return type > KNOWN_PROGS ? unknown_type(LUN_PROG, type)
				  : libbpf_probe_bpf_prog_type(type, NULL);
}

static int probe_arena(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return verdict(bpf_map_create(LUN_MAP_TYPE_ARENA, "lun_probe", 0, 0, 1, &opts));
}

/* The key of a local storage map must be an int in BTF. */
static int probe_cgrp_storage(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC, .btf_key_type_id = 1,
		.btf_value_type_id = 1);
	struct btf *btf = btf__new_empty();
	int fd = -1;

	if (!btf)
		return -ENOMEM;
	if (btf__add_int(btf, "int", 4, BTF_INT_SIGNED) == 1 && !btf__load_into_kernel(btf)) {
		opts.btf_fd = (uint32_t)btf__fd(btf);
		fd = bpf_map_create(LUN_MAP_TYPE_CGRP_STORAGE, "lun_probe", 4, 4, 0, &opts);
	}
	btf__free(btf);
	return verdict(fd);
}

/* The kernel requires the value size of struct bpf_insn_array_value. */
static int probe_insn_array(void)
{
	return verdict(bpf_map_create(LUN_MAP_TYPE_INSN_ARRAY, "lun_probe", 4, 16, 1, NULL));
}

static int probe_rhash(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);

	return verdict(bpf_map_create(LUN_MAP_TYPE_RHASH, "lun_probe", 4, 4, 1, &opts));
}

int lun_probe_map(uint32_t type)
{
	lun_load_init();
	switch (type) {
	case LUN_MAP_TYPE_CGRP_STORAGE:
		return probe_cgrp_storage();
	case LUN_MAP_TYPE_ARENA:
		return probe_arena();
	case LUN_MAP_TYPE_INSN_ARRAY:
		return probe_insn_array();
	case LUN_MAP_TYPE_RHASH:
		return probe_rhash();
	}
	return type > KNOWN_MAPS ? unknown_type(LUN_MAP, type)
				 : libbpf_probe_bpf_map_type(type, NULL);
}

/* Phrases by which verifiers of all versions refuse a helper. Any other complaint is about the
 * call's arguments, which means that the helper is allowed. */
static bool refused(const char *log)
{
	return strstr(log, "invalid func ") || strstr(log, "unknown func ") ||
		strstr(log, "cannot use helper");
}

int lun_probe_helper(uint32_t prog_type, uint32_t helper)
{
	const struct bpf_insn call[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = (int32_t)helper },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[4096] = "";
	LIBBPF_OPTS(
		bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log), .log_level = 1);
	int fd = bpf_prog_load((enum bpf_prog_type)prog_type, "lun_probe", "GPL", call, 2, &opts);
	int err = fd < 0 ? -errno : 0;

	if (verdict(fd))
		return 1;
	if (!log[0]) /* the program type was refused, not the helper */
		return err == -EINVAL ? 0 : err;
	return !refused(log);
}

/* A function that every kernel with BTF has and that is never called. */
int lun_probe_trampoline(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int id, err, fd;

	lun_load_init();
	id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY);
	if (id < 0)
		return id == -ESRCH || id == -ENOENT ? 0 : id;
	opts.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "lun_probe", "GPL", zero, 2, &opts);
	if (fd < 0)
		return 0;
	err = bpf_raw_tracepoint_open(NULL, fd);
	verdict(err);
	close(fd);
	return err >= 0;
}

int lun_probe_batch(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "lun_probe", 4, 4, 1, NULL);
	uint32_t position, key, value, count = 1;
	int err;

	if (fd < 0)
		return -errno;
	err = bpf_map_lookup_batch(fd, NULL, &position, &key, &value, &count, NULL);
	err = err && errno != ENOENT; /* the map is empty: the walk ends at once */
	close(fd);
	return !err;
}
