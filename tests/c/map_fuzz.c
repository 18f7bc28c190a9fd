/* Runs the fuzzers of tests/fuzz briefly, always with the same random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LLVMFuzzerTestOneInput fuzz_plan
#define run run_plan
#include "../fuzz/plan.c"
#undef run
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_btf
#include "../fuzz/btf.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_where
#include "../fuzz/where.c"

static uint64_t seed = 88172645463325252;

static uint32_t random_u32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static void test_plans(void **state)
{
	uint8_t data[20 * OP_BYTES];

	(void)state;
	for (int i = 0; i < 30000; i++) {
		for (size_t j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)random_u32();
		for (size_t j = 0; j < sizeof(data); j += OP_BYTES)
			data[j] %= LUN_K_COUNT + 1;
		fuzz_plan(data, random_u32() % sizeof(data));
	}
}

static const void *fixture_btf(uint32_t *size, struct btf **btf)
{
	const char *build = getenv("LUNETTE_BUILD");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/bpf/maps.bpf.o", build ? build : "build");
	*btf = btf__parse(path, NULL);
	return *btf ? btf__raw_data(*btf, size) : NULL;
}

static void test_btf(void **state)
{
	struct btf *btf;
	uint32_t size;
	const void *good = fixture_btf(&size, &btf);
	uint8_t *data;

	(void)state;
	if (!good)
		skip();
	LLVMFuzzerInitialize(NULL, NULL);
	data = malloc(size);
	for (int i = 0; i < 300; i++) {
		memcpy(data, good, size);
		for (uint32_t n = 1 + random_u32() % 8; n; n--) {
			uint32_t at = (uint32_t)sizeof(struct btf_header) +
				random_u32() % (size - (uint32_t)sizeof(struct btf_header));

			data[at] = (uint8_t)random_u32();
		}
		fuzz_btf(data, size);
	}
	free(data);
	btf__free(btf);
}

static void test_conditions(void **state)
{
	static const char *const ranks[] = { "n", "i-5", "u18446744073709551615", "u-1", "i9x",
		"dinf", "d-0x1.8p+3", "dnan", "tsome text", "t", "", "i", "i1", "x" };
	uint8_t data[12 * TEST_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		fuzz_where((const uint8_t *)ranks[i], strlen(ranks[i]));
	for (int i = 0; i < 30000; i++) {
		for (size_t j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)random_u32();
		fuzz_where(data, random_u32() % sizeof(data));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_btf),
		cmocka_unit_test(test_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
