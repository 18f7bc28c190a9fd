/*
 * BPF actions, which few kernels can make: the test composes a kernel's netlink answers, which
 * lun_net_filter and lun_net_actions read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_bpf.h>
#include <cmocka.h>

#include "bpf/attach/net_scan.h"

/* Attributes, one after the other. */
struct message {
	char data[1024] __attribute__((aligned(4)));
	size_t len;
};

static void put(struct message *m, int type, const void *data, size_t len)
{
	struct rtattr attr = { (unsigned short)RTA_LENGTH(len), (unsigned short)type };

	memcpy(m->data + m->len, &attr, sizeof(attr));
	if (len)
		memcpy(m->data + m->len + sizeof(attr), data, len);
	m->len += RTA_SPACE(len);
}

static size_t open_nest(struct message *m, int type)
{
	put(m, type, NULL, 0);
	return m->len - RTA_LENGTH(0);
}

static void close_nest(struct message *m, size_t at)
{
	((struct rtattr *)(void *)(m->data + at))->rta_len = (unsigned short)(m->len - at);
}

static void put_action(struct message *m, int slot, const char *kind, uint32_t index, uint32_t prog)
{
	struct tc_act_bpf parms = { .index = index };
	size_t action = open_nest(m, slot), options;

	put(m, TCA_ACT_KIND, kind, strlen(kind) + 1);
	options = open_nest(m, TCA_ACT_OPTIONS);
	put(m, TCA_ACT_BPF_PARMS, &parms, sizeof(parms));
	put(m, TCA_ACT_BPF_NAME, "limit.o:[act]", 14);
	put(m, TCA_ACT_BPF_ID, &prog, sizeof(prog));
	close_nest(m, options);
	close_nest(m, action);
}

struct fixture {
	struct lun_net_scan scan;
	struct lun_out rows;
};

static const struct lun_net_prog *row_of(struct fixture *f, size_t i)
{
	const struct lun_net_prog *rows = (void *)f->rows.data;

	assert_true(i < f->rows.len / sizeof(*rows));
	return &rows[i];
}

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	lun_out_init(&f->rows);
	f->scan.rows = &f->rows;
	f->scan.base.ifindex = 3;
	f->scan.base.mode = "ingress";
}

/* A u32 filter with a plain action and a BPF action. */
static void answer_filter(struct fixture *f, uint32_t block)
{
	struct tcmsg tc = { .tcm_ifindex = 3, .tcm_parent = 0xfffffff2, .tcm_handle = 9 };
	struct message m = { .len = 0 };
	size_t options, table;

	tc.tcm_info = 7u << 16 | 8;
	if (block) {
		tc.tcm_ifindex = (int)TCM_IFINDEX_MAGIC_BLOCK;
		tc.tcm_block_index = block;
	}
	put(&m, TCA_KIND, "u32", 4);
	options = open_nest(&m, TCA_OPTIONS);
	table = open_nest(&m, TCA_U32_ACT);
	put_action(&m, 1, "gact", 1, 11);
	put_action(&m, 2, "bpf", 70, 12);
	close_nest(&m, table);
	close_nest(&m, options);
	lun_net_filter(&f->scan, &tc, (void *)m.data, m.len);
}

static void test_on_filter(void **state)
{
	const struct lun_net_prog *row;
	struct fixture f;

	(void)state;
	begin(&f);
	answer_filter(&f, 0);
	answer_filter(&f, 22);
	assert_int_equal(f.rows.len, 2 * sizeof(*row));
	row = row_of(&f, 0);
	assert_int_equal(row->kind, LUN_NET_ACTION);
	assert_int_equal(row->prog_id, 12);
	assert_int_equal(row->index, 70);
	assert_int_equal(row->ifindex, 3);
	assert_int_equal(row->parent, 0xfffffff2);
	assert_int_equal(row->handle, 9);
	assert_int_equal(row->priority, 7);
	assert_string_equal(row->classifier, "u32");
	assert_string_equal(row->name, "limit.o:[act]");
	assert_string_equal(row->mode, "ingress");
	row = row_of(&f, 1);
	assert_int_equal(row->block, 22);
	assert_int_equal(row->parent, 0);
	lun_out_free(&f.rows);
}

static void test_alone(void **state)
{
	struct message m = { .len = 0 };
	struct tcamsg tca = { 0 };
	struct fixture f;
	size_t table;

	(void)state;
	begin(&f);
	answer_filter(&f, 0);
	f.scan.base.ifindex = 0;
	table = open_nest(&m, TCA_ROOT_TAB);
	put_action(&m, 1, "bpf", 70, 12); /* reported by the filter already */
	put_action(&m, 2, "bpf", 71, 13);
	close_nest(&m, table);
	lun_net_actions(&f.scan, &tca, (void *)m.data, m.len);
	assert_int_equal(f.rows.len, 2 * sizeof(struct lun_net_prog));
	assert_int_equal(row_of(&f, 1)->prog_id, 13);
	assert_int_equal(row_of(&f, 1)->index, 71);
	assert_int_equal(row_of(&f, 1)->ifindex, 0);
	assert_string_equal(row_of(&f, 1)->classifier, "");
	lun_out_free(&f.rows);
}

/* Every truncation of a valid answer: nothing is read beyond its end. */
static void test_cut(void **state)
{
	struct tcmsg tc = { .tcm_ifindex = 3 };
	struct message m = { .len = 0 };
	struct fixture f;
	size_t options, table;

	(void)state;
	put(&m, TCA_KIND, "u32", 4);
	options = open_nest(&m, TCA_OPTIONS);
	table = open_nest(&m, TCA_U32_ACT);
	put_action(&m, 1, "bpf", 70, 12);
	close_nest(&m, table);
	close_nest(&m, options);
	for (size_t len = 0; len <= m.len; len++) {
		begin(&f);
		lun_net_filter(&f.scan, &tc, (void *)m.data, len);
		assert_int_equal(f.rows.len, len < m.len ? 0 : sizeof(struct lun_net_prog));
		lun_out_free(&f.rows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_filter),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
