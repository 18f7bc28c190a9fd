/* The lines between chunks of a body. */
#include "http/chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int64_t size(const char *line)
{
	return lun_chunk_size(line, strlen(line));
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(size("0\r\n"), 0);
	assert_int_equal(size("1a\r\n"), 26);
	assert_int_equal(size("000000F\r\n"), 15);
	assert_int_equal(size("ffffffffffff\r\n"), 0xffffffffffff);
	assert_int_equal(size("5;name=value\r\n"), 5);
	assert_int_equal(size("5 ; name=\"a b\"\r\n"), 5);
	assert_int_equal(size("5\t\r\n"), 5);
}

static void test_refused(void **state)
{
	static const char *const bad[] = { "", "\r\n", "\n", "5\n", "5", ";x\r\n", "x\r\n",
		"0x5\r\n", "-1\r\n", "+5\r\n", " 5\r\n", "5 5\r\n", "5\r\r\n", "5;a\x01\r\n",
		"1000000000000\r\n", "fffffffffffffffff\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(size(bad[i]), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
