/* Full names of programs: by the BTF of their function, where the kernel's name is cut. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/object/prog.h"

/* A program with one function, which BTF and the kernel name differently. */
static int load(const char *kernel, const char *func)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_func_info info = { 0 };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = &info, .func_info_cnt = 1,
		.func_info_rec_size = sizeof(info));
	struct btf *btf = btf__new_empty();
	int int_ = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), fd;

	info.type_id =
		(uint32_t)btf__add_func(btf, func, BTF_FUNC_STATIC, btf__add_func_proto(btf, int_));
	assert_int_equal(btf__load_into_kernel(btf), 0);
	opts.prog_btf_fd = (uint32_t)btf__fd(btf);
	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, kernel, "GPL", insns, 2, &opts);
	btf__free(btf);
	assert_true(fd >= 0);
	return fd;
}

static void expect(const char *kernel, const char *func, const char *want)
{
	int fd = load(kernel, func);
	struct lun_prog_info info;
	uint32_t ids[8];

	assert_int_equal(lun_prog_info(fd, &info), 0);
	assert_string_equal(info.name, want);
	assert_int_equal(lun_prog_find(want, ids, 8), 1);
	assert_int_equal(ids[0], info.k.id);
	assert_int_equal(lun_prog_find(kernel, ids, 8), 1); /* as other tools print it */
	assert_int_equal(ids[0], info.k.id);
	lun_prog_info_free(&info);
	close(fd);
}

static void test_names(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	expect("pn_has_a_long_n", "pn_has_a_long_name_of_its_own", "pn_has_a_long_name_of_its_own");
	/* bcc drops the beginning of the function's name */
	expect("pn_raw_syscalls", "tracepoint__pn_raw_syscalls__sys_enter",
		"tracepoint__pn_raw_syscalls__sys_enter");
	expect("pn_other_name_n", "something_else", "pn_other_name_n");
	expect("pn_short", "pn_short_is_whole", "pn_short");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
