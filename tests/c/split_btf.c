/* Split BTF, as kernel modules have it: its type ids continue those of the base. */
#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/decode/btf_plan.h"
#include "bpf/decode/value.h"

struct types {
	struct btf *base, *split;
	int base_int, base_pair, split_struct, split_enum;
};

/* The base has `int` and `struct pair { int a; int b; }`; the split BTF has an enum and `struct
 * holder { struct pair pair; enum mood mood; int tail; }`, whose strings continue, too. */
static void make(struct types *t)
{
	t->base = btf__new_empty();
	assert_non_null(t->base);
	t->base_int = btf__add_int(t->base, "int", 4, BTF_INT_SIGNED);
	t->base_pair = btf__add_struct(t->base, "pair", 8);
	assert_int_equal(btf__add_field(t->base, "a", t->base_int, 0, 0), 0);
	assert_int_equal(btf__add_field(t->base, "b", t->base_int, 32, 0), 0);

	t->split = btf__new_empty_split(t->base);
	assert_non_null(t->split);
	t->split_enum = btf__add_enum(t->split, "mood", 4);
	assert_int_equal(btf__add_enum_value(t->split, "MOOD_CALM", 1), 0);
	t->split_struct = btf__add_struct(t->split, "holder", 16);
	assert_int_equal(btf__add_field(t->split, "pair", t->base_pair, 0, 0), 0);
	assert_int_equal(btf__add_field(t->split, "mood", t->split_enum, 64, 0), 0);
	assert_int_equal(btf__add_field(t->split, "tail", t->base_int, 96, 0), 0);
	assert_int_equal(t->split_enum, btf__type_cnt(t->base));
}

static void drop(struct types *t)
{
	btf__free(t->split);
	btf__free(t->base);
}

static void check_leaf(
	struct lun_plan *plan, const char *path, const uint8_t *data, const char *want)
{
	struct lun_value value;
	struct lun_pick pick;
	struct lun_ctx ctx;
	struct lun_out out;

	lun_ctx_init(&ctx);
	lun_out_init(&out);
	assert_int_equal(lun_plan_pick(plan, "value", path, &pick), 0);
	lun_leaf(plan, &plan->ops[pick.op], &ctx, data + pick.offset, &value);
	if (value.kind == LUN_V_STR)
		lun_out_mem(&out, value.s, value.len);
	else
		lun_value_text(&out, &value);
	lun_out_char(&out, '\0');
	assert_string_equal(out.data, want);
	lun_out_free(&out);
	lun_ctx_free(&ctx);
}

static void test_decodes_over_both(void **state)
{
	int32_t data[] = { -7, 8, 1, 9 };
	const uint8_t *bytes = (const uint8_t *)data;
	struct lun_plan *plan;
	struct types t;
	int err;

	(void)state;
	make(&t);
	plan = lun_btf_plan(t.split, (uint32_t)t.split_struct, sizeof(data), &err);
	assert_non_null(plan);
	check_leaf(plan, "pair.a", bytes, "-7");
	check_leaf(plan, "pair.b", bytes, "8");
	check_leaf(plan, "mood", bytes, "MOOD_CALM");
	check_leaf(plan, "tail", bytes, "9");
	lun_plan_unref(plan);
	drop(&t);
}

static void test_base_types_by_the_split(void **state)
{
	int32_t data[] = { 3, 4 };
	struct lun_plan *plan;
	struct types t;
	int err;

	(void)state;
	make(&t);
	plan = lun_btf_plan(t.split, (uint32_t)t.base_pair, sizeof(data), &err);
	assert_non_null(plan);
	check_leaf(plan, "b", (const uint8_t *)data, "4");
	lun_plan_unref(plan);
	drop(&t);
}

/* The base does not know the types of the split BTF, and refuses their ids. */
static void test_the_base_ends_where_it_ends(void **state)
{
	struct types t;
	int err;

	(void)state;
	make(&t);
	assert_null(lun_btf_plan(t.base, (uint32_t)t.split_struct, 16, &err));
	assert_int_equal(err, -ENOENT);
	assert_null(lun_btf_plan(t.split, btf__type_cnt(t.split), 16, &err));
	assert_int_equal(err, -ENOENT);
	drop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decodes_over_both),
		cmocka_unit_test(test_base_types_by_the_split),
		cmocka_unit_test(test_the_base_ends_where_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
