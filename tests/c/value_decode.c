/* Decoding one leaf, of one CPU and of several CPUs merged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/decode/value.h"

enum { CPUS = 3 };

static struct lun_ctx ctx;

static struct lun_op op_of(const char *kind, uint32_t size, uint16_t flags)
{
	struct lun_op op = { 0 };

	assert_int_equal(lun_op_parse(kind, &op), 0);
	op.size = size ? size : op.size;
	op.flags |= flags;
	return op;
}

static const char *text_of(const struct lun_value *value)
{
	static char text[256];
	struct lun_out out;

	lun_out_init(&out);
	lun_value_text(&out, value);
	snprintf(text, sizeof(text), "%.*s", (int)out.len, out.data ? out.data : "");
	lun_out_free(&out);
	return text;
}

static const char *leaf(const char *kind, uint32_t size, uint16_t flags, const void *bytes)
{
	struct lun_op op = op_of(kind, size, flags);
	struct lun_value value;

	lun_leaf(NULL, &op, &ctx, bytes, &value);
	return text_of(&value);
}

static void test_numbers(void **state)
{
	(void)state;
	assert_string_equal(leaf("u8", 0, 0, "\xff"), "255");
	assert_string_equal(leaf("i16", 0, 0, "\xfe\xff"), "-2");
	assert_string_equal(leaf("be32", 0, 0, "\0\0\1\0"), "256");
	assert_string_equal(
		leaf("u64", 0, 0, "\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
	assert_string_equal(
		leaf("pointer", 0, 0, "\0\x10\0\0\0\x88\xff\xff"), "0xffff880000001000");
	assert_string_equal(leaf("bool", 0, 0, "\1"), "true");
}

static void test_characters(void **state)
{
	(void)state;
	assert_string_equal(leaf("cstring", 4, 0, "a\0b\0"), "a");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "abc\0"), "abc");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "a\0b\0"), "61006200");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "\xc3\xa9\0\0"), "\xc3\xa9");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "\xc3\0\0\0"), "c3000000");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "ab\xc3\xa9"), "ab\xc3\xa9");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "abc\xc3"), "616263c3");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "a\x1b[m"), "611b5b6d");
	assert_string_equal(leaf("cstring", 4, LUN_OP_TEXT, "\0\0\0\0"), "");
}

static const char *reduced(const struct lun_op *op, uint8_t reduce, const void *bytes)
{
	struct lun_bytes values = { bytes, CPUS, op->size };
	struct lun_value value;

	lun_leaf_reduced(NULL, op, &ctx, &values, 0, reduce, &value);
	return text_of(&value);
}

static void test_cpus_made_one(void **state)
{
	static const uint32_t numbers[CPUS] = { 7, 0, 5 }, same[CPUS] = { 0, 5, 5 };
	struct lun_op number = op_of("u32", 0, 0), id = op_of("u32", 0, LUN_OP_ID);
	struct lun_op moment = op_of("u32", 0, LUN_OP_MOMENT), text = op_of("cstring", 4, 0);

	(void)state;
	assert_string_equal(reduced(&number, LUN_SUM, numbers), "12");
	assert_string_equal(reduced(&number, LUN_MAX, numbers), "7");
	assert_string_equal(reduced(&number, LUN_MIN, numbers), "0");
	assert_string_equal(reduced(&number, LUN_LAST, numbers), "5");
	assert_string_equal(reduced(&number, LUN_AVG, numbers), "4");
	assert_string_equal(reduced(&id, LUN_SUM, numbers), "");
	assert_string_equal(reduced(&id, LUN_SUM, same), "5");
	assert_string_equal(reduced(&id, LUN_MAX, numbers), "7");
	assert_string_equal(reduced(&moment, LUN_SUM, numbers), "7");
	assert_string_equal(reduced(&text, LUN_SUM, "ab\0\0\0\0\0\0ab\0x"), "ab");
	assert_string_equal(reduced(&text, LUN_SUM, "ab\0\0\0\0\0\0ax\0\0"), "");
	assert_string_equal(reduced(&text, LUN_SUM, "\0\0\0\0\0\0\0\0\0\0\0\0"), "");
}

static void test_wide_integers_of_cpus_made_one(void **state)
{
	static const uint64_t high[CPUS][2] = { { 0, 1 }, { 7, 0 }, { 0, 1 } };
	static const uint64_t top[CPUS][2] = { { 1, 0 }, { ~0ULL, ~0ULL }, { 9, 0 } };
	static const uint64_t below[CPUS][2] = { { ~0ULL, ~0ULL }, { 0, 0 }, { -4ULL, ~0ULL } };
	static const uint64_t least[CPUS][2] = { { 0, 1ULL << 63 }, { 0, 1ULL << 63 }, { 1, 0 } };
	struct lun_op u = op_of("u128", 0, 0), i = op_of("i128", 0, 0);
	struct lun_op id = op_of("u128", 0, LUN_OP_ID);

	(void)state;
	assert_string_equal(reduced(&u, LUN_SUM, high), "36893488147419103239");
	assert_string_equal(reduced(&u, LUN_MIN, high), "7");
	assert_string_equal(reduced(&u, LUN_MAX, high), "18446744073709551616");
	assert_string_equal(reduced(&u, LUN_LAST, top), "9");
	assert_string_equal(reduced(&u, LUN_AVG, high), "12297829382473034413");
	assert_string_equal(reduced(&u, LUN_SUM, top), "340282366920938463463374607431768211455");
	assert_string_equal(reduced(&i, LUN_SUM, below), "-5");
	assert_string_equal(reduced(&i, LUN_MIN, below), "-4");
	assert_string_equal(reduced(&i, LUN_AVG, below), "-1");
	assert_string_equal(
		reduced(&i, LUN_SUM, least), "-170141183460469231731687303715884105727");
	assert_string_equal(reduced(&id, LUN_SUM, high), "");
}

static int setup(void **state)
{
	(void)state;
	lun_ctx_init(&ctx);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lun_ctx_free(&ctx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_cpus_made_one),
		cmocka_unit_test(test_wide_integers_of_cpus_made_one),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
