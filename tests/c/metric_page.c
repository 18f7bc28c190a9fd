/* Pages: written, compressed, and shared by scrapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "metric/page.h"
#include "metric/scrape_share.h"
#include "text/gzip.h"

static void assert_text(struct lun_out *out, const char *text)
{
	lun_out_char(out, '\0');
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data, text);
	lun_out_free(out);
}

static struct lun_metric_number u64(uint64_t v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_U64, .u64 = v };
}

static struct lun_groups *filled(size_t groups, size_t limit)
{
	enum lun_merge sum = LUN_MERGE_SUM;
	struct lun_groups *t = lun_groups_new(1, 1, &sum, limit);

	for (size_t i = 0; i < groups; i++) {
		char name[32];
		struct lun_slice label = { name,
			(size_t)snprintf(name, sizeof(name), "g%06zu", i) };
		int64_t group = lun_groups_group(t, &label);

		if (group >= 0)
			lun_groups_add(t, (size_t)group, 0, u64(i * 7919 % groups));
	}
	return t;
}

static struct lun_page *page_of(size_t groups)
{
	struct lun_metric_view_label label = { .name = "g", .index = 0 };
	struct lun_metric_view view = { .labels = &label, .n_labels = 1, .divisor = 1, .sum = -1 };
	struct lun_metric_head head = { "x", NULL, NULL, LUN_METRIC_GAUGE };
	struct lun_export_opts opts = { .max = SIZE_MAX };
	struct lun_exported *sel = lun_exported_new(filled(groups, groups), &opts);
	struct lun_page *page = lun_page_new();

	assert_int_equal(lun_page_family(page, &head), 0);
	assert_int_equal(lun_page_family(page, &head), -EEXIST);
	assert_int_equal(lun_page_view(page, 0, sel, &view), 0);
	lun_exported_unref(sel);
	return page;
}

/* Reads a source to its end; returns the number of pulls. */
static size_t drain(struct lun_source *source, struct lun_out *all)
{
	size_t pulls = 1;

	while (source->pull(source, all) > 0)
		pulls++;
	source->close(source);
	return pulls;
}

static void test_page_outlives_its_maker(void **state)
{
	struct lun_page *page = page_of(2);
	struct lun_source *source = lun_page_source(page, LUN_METRIC_OPEN);
	struct lun_out out;

	(void)state;
	lun_page_unref(page);
	lun_out_init(&out);
	while (source->pull(source, &out) > 0)
		;
	source->close(source);
	assert_text(&out, "# TYPE x gauge\nx{g=\"g000000\"} 0\nx{g=\"g000001\"} 1\n# EOF\n");
}

static void test_gzip_source(void **state)
{
	struct lun_page *page = page_of(20000);
	struct lun_out plain, packed;
	z_stream z = { 0 };
	char *text;

	(void)state;
	lun_out_init(&plain);
	lun_out_init(&packed);
	assert_true(drain(lun_page_source(page, LUN_METRIC_CLASSIC), &plain) > 5);
	assert_true(drain(lun_gzip_source(lun_page_source(page, LUN_METRIC_CLASSIC)), &packed) > 5);
	text = malloc(plain.len);
	z.next_in = (unsigned char *)packed.data;
	z.avail_in = (unsigned int)packed.len;
	z.next_out = (unsigned char *)text;
	z.avail_out = (unsigned int)plain.len;
	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	assert_int_equal(z.total_out, plain.len);
	assert_memory_equal(text, plain.data, plain.len);
	free(text);
	lun_out_free(&plain);
	lun_out_free(&packed);
	lun_page_unref(page);
}

static struct lun_scrape_share *join(const char *key, double wait, struct lun_page **page)
{
	return lun_scrape_share_join(key, 60, wait, page);
}

/* Waits for the page; on a busy machine it may be too late and make its own. */
static void *join_later(void *own)
{
	struct lun_page *page;
	struct lun_scrape_share *share = join("a", 60, &page);

	if (share)
		lun_scrape_share_finish(share, own);
	return share ? lun_page_ref(own) : page;
}

static void test_share(void **state)
{
	struct lun_page *page, *made = page_of(2);
	struct lun_scrape_share *share = join("a", 0, &page);
	struct lun_scrape_share *other;
	pthread_t waiting;
	void *got;

	(void)state;
	assert_non_null(share);
	other = join("b", 0, &page); /* another page */
	assert_non_null(other);
	lun_scrape_share_finish(other, NULL);
	assert_null(join("a", 0.001, &page)); /* not there in time */
	assert_null(page);
	pthread_create(&waiting, NULL, join_later, made);
	usleep(50000);
	lun_scrape_share_finish(share, made);
	pthread_join(waiting, &got);
	assert_true(got == made);
	lun_page_unref(got);
	lun_page_unref(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_outlives_its_maker),
		cmocka_unit_test(test_gzip_source),
		cmocka_unit_test(test_share),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
