/* Heads of WebSocket frames, byte by byte. */
#include "http/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct lun_frame frame;
static const char *why;

static int parse(const char *bytes, size_t len)
{
	return lun_frame_parse((const unsigned char *)bytes, len, &frame, &why);
}

/* The whole head is needed: one byte less is not enough. */
static void check_head(const char *bytes, size_t len, int opcode, bool last, uint64_t payload)
{
	assert_int_equal(parse(bytes, len), len);
	assert_int_equal(frame.opcode, opcode);
	assert_int_equal(frame.last, last);
	assert_int_equal(frame.len, payload);
	assert_int_equal(parse(bytes, len - 1), 0);
	assert_int_equal(parse(bytes, 1), 0);
}

static void test_lengths(void **state)
{
	(void)state;
	check_head("\x81\x80mask", 6, 1, true, 0);
	check_head("\x01\xfdmask", 6, 1, false, 125);
	check_head("\x80\xfe\x00\x7emask", 8, 0, true, 126);
	check_head("\x82\xfe\xff\xffmask", 8, 2, true, 65535);
	check_head("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00mask", 14, 1, true, 65536);
	check_head("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", 14, 1, true, INT64_MAX);
	check_head("\x88\xfdmask", 6, 8, true, 125);
}

static void test_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "\xc1\x80mask", 6 }, // reserved bits
		{ "\x91\x80mask", 6 },
		{ "\x83\x80mask", 6 }, // opcodes without a meaning
		{ "\x8b\x80mask", 6 },
		{ "\x81\x00", 2 },                                      // no mask
		{ "\x09\x80mask", 6 },                                  // a ping in fragments
		{ "\x89\xfe\x00\x7emask", 8 },                          // a ping of 126 bytes
		{ "\x88\xff\x00\x00\x00\x00\x00\x01\x00\x00mask", 14 }, // a long close
		{ "\x81\xfe\x00\x7dmask", 8 },                          // lengths that are too long
		{ "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffmask", 14 },
		{ "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00mask", 14 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(parse(bad[i].bytes, bad[i].len), -1002);
}

static void test_unmask(void **state)
{
	char data[] = "abcdefg";

	(void)state;
	frame = (struct lun_frame){ .mask = { 1, 2, 3, 4 } };
	lun_frame_unmask(&frame, 0, data, 3);
	lun_frame_unmask(&frame, 3, data + 3, 4);
	assert_memory_equal(data, "````ddd", 7);
}

static void test_close_codes(void **state)
{
	static const int good[] = { 1000, 1003, 1007, 1011, 3000, 4999 };
	static const int bad[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(lun_frame_close_code(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(lun_frame_close_code(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unmask),
		cmocka_unit_test(test_close_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
