/*
 * Links of types that libbpf 1.1 does not know, made by plain system calls in a network namespace
 * of the test: lun_link_info and lun_net_progs report them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <cmocka.h>

#include "bpf/attach/cgroups.h"
#include "bpf/host/cgroup_tree.h"
#include "bpf/object/link.h"
#include "bpf/attach/net_progs.h"
#include "bpf/attach/netns.h"
#include "bpf/object/pins.h"
#include "bpf/object/prog.h"
#include "bpf/attach/sock_progs.h"

enum {
	TCX_INGRESS = 46,
	NETFILTER = 45,
	UPROBE_MULTI = 48,
	TYPE_NETFILTER = 32,
	LOOPBACK = 1,
};

/* The part of union bpf_attr that BPF_LINK_CREATE reads, of Linux 6.6. */
struct link_create {
	uint32_t prog_fd;
	uint32_t target;
	uint32_t attach_type;
	uint32_t flags;
	union {
		struct {
			uint32_t pf;
			uint32_t hooknum;
			int32_t priority;
			uint32_t flags;
		} netfilter;
		struct {
			uint64_t path;
			uint64_t offsets;
			uint64_t ref_ctr_offsets;
			uint64_t cookies;
			uint32_t count;
			uint32_t flags;
			uint32_t pid;
		} uprobe_multi;
		uint64_t room[12];
	};
};

int main(void);

static int create(struct link_create *attr)
{
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

/* A program of any type: "return VALUE". */
static int load(uint32_t type, uint32_t attach_type, int value, const char *name)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type);
	int fd = bpf_prog_load(type, name, "GPL", insns, 2, &opts);

	return fd < 0 ? -errno : fd;
}

static uint32_t id_of(enum lun_kind kind, int fd)
{
	uint32_t id = 0;

	assert_int_equal(lun_object_id(kind, fd, &id), 0);
	return id;
}

static void get_info(int link, struct lun_link_info *info)
{
	assert_true(link >= 0);
	assert_int_equal(lun_link_info(link, true, info), 0);
}

static bool find_net(enum lun_net_kind kind, uint32_t prog, struct lun_net_prog *found)
{
	const struct lun_net_prog *rows;
	struct lun_net_missed missed;
	struct lun_out out;
	bool any = false;

	lun_out_init(&out);
	assert_int_equal(lun_net_progs(false, &out, &missed), 0);
	assert_int_equal(missed.err, 0);
	rows = (void *)out.data;
	for (size_t i = 0; i < out.len / sizeof(*rows) && !any; i++) {
		any = rows[i].kind == kind && rows[i].prog_id == prog;
		*found = rows[i];
	}
	lun_out_free(&out);
	return any;
}

static void test_tcx(void **state)
{
	int prog = load(BPF_PROG_TYPE_SCHED_CLS, 0, 0, "lnk_tcx");
	struct link_create attr = { .prog_fd = (uint32_t)prog, .target = LOOPBACK };
	struct lun_link_info info;
	struct lun_net_prog row;
	int link;

	(void)state;
	attr.attach_type = TCX_INGRESS;
	link = create(&attr);
	if (link == -EINVAL || link == -ENOTSUP) {
		print_message("# skipped: this kernel has no tcx\n");
		skip();
	}
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_TCX);
	assert_int_equal(info.k.net.ifindex, LOOPBACK);
	assert_int_equal(info.k.net.attach_type, TCX_INGRESS);
	assert_int_equal(info.k.prog_id, id_of(LUN_PROG, prog));
	assert_string_equal(lun_type_name(LUN_LINK, info.k.type), "tcx");
	assert_true(find_net(LUN_NET_TCX, info.k.prog_id, &row));
	assert_int_equal(row.ifindex, LOOPBACK);
	assert_string_equal(row.ifname, "lo");
	assert_int_equal(row.attach_type, TCX_INGRESS);
	close(link);
	assert_false(find_net(LUN_NET_TCX, id_of(LUN_PROG, prog), &row));
	close(prog);
}

static void test_xdp(void **state)
{
	int prog = load(BPF_PROG_TYPE_XDP, BPF_XDP, 2, "lnk_xdp");
	struct link_create attr = { .prog_fd = (uint32_t)prog, .target = LOOPBACK };
	struct lun_link_info info;
	struct lun_net_prog row;
	int link;

	(void)state;
	attr.attach_type = BPF_XDP;
	link = create(&attr);
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_XDP);
	assert_int_equal(info.k.net.ifindex, LOOPBACK);
	assert_true(find_net(LUN_NET_XDP, info.k.prog_id, &row));
	assert_string_equal(row.mode, "generic");
	close(link);
	close(prog);
}

static void test_netns(void **state)
{
	int prog = load(BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, 0, "lnk_dissect");
	int ns = open("/proc/self/ns/net", 0);
	struct link_create attr = { .prog_fd = (uint32_t)prog, .target = (uint32_t)ns };
	struct lun_link_info info;
	struct lun_net_prog row;
	int link;

	(void)state;
	attr.attach_type = BPF_FLOW_DISSECTOR;
	link = create(&attr);
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_NETNS);
	assert_int_equal(info.k.netns.attach_type, BPF_FLOW_DISSECTOR);
	assert_true(find_net(LUN_NET_NS, info.k.prog_id, &row));
	assert_int_equal(row.netns_ino, info.k.netns.netns_ino);
	close(link);
	close(ns);
	close(prog);
}

static void test_netfilter(void **state)
{
	int prog = load(TYPE_NETFILTER, NETFILTER, 1, "lnk_netfilter");
	struct link_create attr = { .prog_fd = (uint32_t)prog, .attach_type = NETFILTER };
	struct lun_link_info info;
	int link;

	(void)state;
	if (prog == -EINVAL) {
		print_message("# skipped: this kernel has no netfilter programs\n");
		skip();
	}
	attr.netfilter.pf = 2;
	attr.netfilter.hooknum = 1;
	attr.netfilter.priority = -128;
	link = create(&attr);
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_NETFILTER);
	assert_int_equal(info.k.netfilter.pf, 2);
	assert_int_equal(info.k.netfilter.hooknum, 1);
	assert_int_equal(info.k.netfilter.priority, -128);
	close(link);
	close(prog);
}

/* The file offset of a function in our own binary, from its mapping. */
static uint64_t file_offset(uintptr_t address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end, offset;
	uint64_t found = 0;
	char line[512];

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
			address >= start && address < end)
			found = address - start + offset;
	fclose(maps);
	return found;
}

/* The semaphore of a USDT probe, in a writable part of the file. */
static volatile unsigned short semaphore __attribute__((section(".probes"))) = 0;

static void test_uprobe_multi(void **state)
{
	static const char path[] = "/proc/self/exe";
	int prog = load(BPF_PROG_TYPE_KPROBE, UPROBE_MULTI, 0, "lnk_uprobes");
	struct link_create attr = { .prog_fd = (uint32_t)prog, .attach_type = UPROBE_MULTI };
	uint64_t offsets[] = { file_offset((uintptr_t)main), file_offset((uintptr_t)file_offset) };
	uint64_t cookies[] = { 11, 22 };
	uint64_t counters[] = { 0, file_offset((uintptr_t)&semaphore) };
	struct lun_link_info info;
	int link;

	(void)state;
	attr.uprobe_multi.ref_ctr_offsets = (uint64_t)(uintptr_t)counters;
	attr.uprobe_multi.pid = (uint32_t)getpid();
	attr.uprobe_multi.path = (uint64_t)(uintptr_t)path;
	attr.uprobe_multi.offsets = (uint64_t)(uintptr_t)offsets;
	attr.uprobe_multi.cookies = (uint64_t)(uintptr_t)cookies;
	attr.uprobe_multi.count = 2;
	attr.uprobe_multi.flags = 1;
	link = create(&attr);
	if (link < 0) {
		print_message("# skipped: this kernel has no uprobe_multi links\n");
		skip();
	}
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_UPROBE_MULTI);
	assert_int_equal(info.k.uprobe_multi.count, 2);
	assert_int_equal(info.addr_count, 2);
	for (int i = 0; i < 2; i++) { /* in the kernel's order */
		assert_int_equal(info.addrs[i], offsets[info.cookies[i] == 22]);
		assert_int_equal(info.semaphores[i], counters[info.cookies[i] == 22]);
	}
	assert_int_equal(info.k.uprobe_multi.pid, getpid());
	assert_int_equal(semaphore, 1);
	assert_int_equal(info.k.uprobe_multi.ref_ctr_offsets, 0);
	assert_int_equal(info.k.uprobe_multi.flags & 1, 1);
	assert_non_null(strstr(info.text, "links"));
	assert_int_equal(info.k.uprobe_multi.path, 0);
	lun_link_info_free(&info);
	close(link);
	close(prog);
}

static void test_perf_event(void **state)
{
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event) };
	int prog = load(BPF_PROG_TYPE_PERF_EVENT, 0, 0, "lnk_perf");
	struct lun_link_info info;
	int perf, link;

	(void)state;
	event.config = PERF_COUNT_SW_PAGE_FAULTS;
	event.sample_period = 1000000;
	perf = (int)syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	assert_true(perf >= 0);
	link = bpf_link_create(prog, perf, BPF_PERF_EVENT, NULL);
	get_info(link, &info);
	close(link);
	close(perf);
	close(prog);
	assert_int_equal(info.k.type, LUN_LINK_PERF_EVENT);
	if (!info.k.perf_event.type)
		skip(); /* before Linux 6.6 the kernel does not report it */
	assert_int_equal(info.k.perf_event.type, LUN_PERF_EVENT);
	assert_int_equal(info.k.perf_event.event.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(info.k.perf_event.event.config, PERF_COUNT_SW_PAGE_FAULTS);
}

/* Makes a control group in a private mount. */
static int make_cgroup(char *mounted, const char *name)
{
	char path[256];
	int fd;

	strcpy(mounted, "/tmp/lunette-cgroup-XXXXXX");
	assert_non_null(mkdtemp(mounted));
	assert_int_equal(mount("none", mounted, "cgroup2", 0, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s", mounted, name);
	assert_int_equal(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	return fd;
}

static void remove_cgroup(const char *mounted, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", mounted, name);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(umount2(mounted, MNT_DETACH), 0);
	rmdir(mounted);
}

static bool find_cgroup(uint32_t prog, uint64_t id)
{
	struct lun_cgroup_progs progs;
	const struct lun_cgroup_prog *rows;
	bool found = false;

	assert_int_equal(lun_cgroup_progs(false, &progs), 0);
	rows = (void *)progs.rows.data;
	for (size_t i = 0; i < progs.rows.len / sizeof(*rows); i++)
		found |= rows[i].prog_id == prog && rows[i].cgroup_id == id;
	lun_cgroup_progs_free(&progs);
	return found;
}

static void test_cgroup(void **state)
{
	int prog = load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1, "lnk_cgroup"), link;
	char name[64], mounted[64], path[256], want[80];
	struct lun_link_info info;
	int cgroup;

	(void)state;
	snprintf(name, sizeof(name), "lunette-link-%d", getpid());
	cgroup = make_cgroup(mounted, name);
	link = bpf_link_create(prog, cgroup, BPF_CGROUP_INET_EGRESS, NULL);
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_CGROUP);
	assert_int_equal(info.k.cgroup.attach_type, BPF_CGROUP_INET_EGRESS);
	assert_int_equal(lun_cgroup_path(info.k.cgroup.cgroup_id, path, sizeof(path)), 0);
	snprintf(want, sizeof(want), "/%s", name);
	assert_string_equal(path, want);
	assert_true(find_cgroup(info.k.prog_id, info.k.cgroup.cgroup_id));
	close(cgroup);
	remove_cgroup(mounted, name);
	close(link);
	close(prog);
}

static void test_sockmap(void **state)
{
	int prog = load(BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, 1, "lnk_msg");
	int map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, "lnk_sockmap", 4, 8, 1, NULL), link;
	struct lun_link_info info;

	(void)state;
	link = bpf_link_create(prog, map, BPF_SK_MSG_VERDICT, NULL);
	if (link < 0) {
		print_message("# skipped: this kernel has no links on socket maps\n");
		skip();
	}
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_SOCKMAP);
	assert_int_equal(info.k.map.map_id, id_of(LUN_MAP, map));
	assert_int_equal(info.k.map.attach_type, BPF_SK_MSG_VERDICT);
	close(link);
	close(map);
	close(prog);
}

/* An iterator over the elements of a map. */
static void test_map_iterator(void **state)
{
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "lnk_elements", 4, 8, 1, NULL), prog, link;
	union bpf_iter_link_info what = { .map.map_fd = (uint32_t)map };
	LIBBPF_OPTS(
		bpf_link_create_opts, link_opts, .iter_info = &what, .iter_info_len = sizeof(what));
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_ITER);
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct lun_link_info info;

	(void)state;
	opts.attach_btf_id = (uint32_t)libbpf_find_vmlinux_btf_id("bpf_map_elem", BPF_TRACE_ITER);
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "lnk_iter", "GPL", insns, 2, &opts);
	if (prog == -EPERM) {
		close(map);
		print_message("# skipped: the kernel refuses programs of iter/bpf_map_elem\n");
		skip();
	}
	assert_true(prog >= 0);
	link = bpf_link_create(prog, 0, BPF_TRACE_ITER, &link_opts);
	get_info(link, &info);
	assert_int_equal(info.k.type, LUN_LINK_ITER);
	assert_string_equal(info.text, "bpf_map_elem");
	assert_int_equal(info.k.iter.map_id, id_of(LUN_MAP, map));
	close(link);
	close(prog);
	close(map);
}

/* Replaces a function of another program. */
static void test_freplace(void **state)
{
	struct bpf_object *target, *ext;
	struct bpf_program *prog;
	struct lun_link_info info;
	struct bpf_link *link;
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/bpf/replace.bpf.o", getenv("LUNETTE_BUILD"));
	target = bpf_object__open_file(path, NULL);
	assert_non_null(target);
	bpf_program__set_autoload(bpf_object__find_program_by_name(target, "rep_new"), false);
	assert_int_equal(bpf_object__load(target), 0);
	ext = bpf_object__open_file(path, NULL);
	prog = bpf_object__find_program_by_name(target, "rep_target");
	bpf_program__set_autoload(bpf_object__find_program_by_name(ext, "rep_target"), false);
	assert_int_equal(
		bpf_program__set_attach_target(bpf_object__find_program_by_name(ext, "rep_new"),
			bpf_program__fd(prog), "rep_function"),
		0);
	if (bpf_object__load(ext)) { /* a kernel without trampolines refuses it */
		bpf_object__close(ext);
		bpf_object__close(target);
		print_message("# skipped: this kernel can't replace functions of programs\n");
		skip();
	}
	link = bpf_program__attach(bpf_object__find_program_by_name(ext, "rep_new"));
	assert_non_null(link);
	get_info(bpf_link__fd(link), &info);
	assert_int_equal(info.k.type, LUN_LINK_TRACING);
	assert_int_equal(info.k.tracing.target_obj_id, id_of(LUN_PROG, bpf_program__fd(prog)));
	assert_true(info.k.tracing.target_btf_id > 0);
	bpf_link__destroy(link);
	bpf_object__close(ext);
	bpf_object__close(target);
}

static int own_namespaces(void **state)
{
	(void)state;
	libbpf_set_print(NULL);
	return unshare(CLONE_NEWNET | CLONE_NEWNS) ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcx),
		cmocka_unit_test(test_xdp),
		cmocka_unit_test(test_netns),
		cmocka_unit_test(test_netfilter),
		cmocka_unit_test(test_uprobe_multi),
		cmocka_unit_test(test_perf_event),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_sockmap),
		cmocka_unit_test(test_map_iterator),
		cmocka_unit_test(test_freplace),
	};

	return cmocka_run_group_tests(tests, own_namespaces, NULL);
}
