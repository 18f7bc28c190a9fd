#include "bpf/decode/entry_format.h"

#include <errno.h>

int lun_entry_format_init(struct lun_entry_format *view, const struct lun_map *map,
	struct lun_plan *key, struct lun_plan *value, uint8_t reduce)
{
	if (key->size > map->info.key_size || value->size > map->stride)
		return -EMSGSIZE;
	view->key = lun_plan_ref(key);
	view->value = lun_plan_ref(value);
	view->reduce = reduce;
	view->per_cpu = lun_map_type_per_cpu(map->info.type);
	view->cpus = map->cpus;
	view->stride = map->stride;
	return 0;
}

void lun_entry_format_free(struct lun_entry_format *view)
{
	lun_plan_unref(view->key);
	lun_plan_unref(view->value);
	view->key = view->value = NULL;
}

static void write_part(const struct lun_plan *plan, struct lun_ctx *ctx,
	struct lun_entry_sink *sink, const struct lun_bytes *bytes, uint8_t reduce)
{
	sink->json.comma = false;
	lun_plan_visit(plan, ctx, bytes, reduce, &sink->json.sink);
}

static void write_cpus(const struct lun_entry_format *view, struct lun_ctx *ctx,
	struct lun_entry_sink *sink, const uint8_t *value)
{
	lun_out_str(sink->json.out, ",\"cpuValues\":[");
	for (uint32_t cpu = 0; cpu < view->cpus; cpu++) {
		struct lun_bytes bytes = lun_entry_format_cpu(view, value, cpu);

		if (cpu)
			lun_out_char(sink->json.out, ',');
		write_part(view->value, ctx, sink, &bytes, LUN_EACH_CPU);
	}
	lun_out_mem(sink->json.out, "]}", 2);
}

void lun_entry_json(const struct lun_entry_format *view, struct lun_ctx *ctx,
	struct lun_entry_sink *sink, const uint8_t *key, const uint8_t *value)
{
	struct lun_bytes key_bytes = lun_entry_format_key(key);
	struct lun_bytes values = lun_entry_format_values(view, value);

	sink->side = LUN_SIDE_KEY;
	lun_out_str(sink->json.out, "{\"key\":");
	write_part(view->key, ctx, sink, &key_bytes, LUN_EACH_CPU);
	sink->side = LUN_SIDE_VALUE;
	if (lun_entry_format_each_cpu(view)) {
		write_cpus(view, ctx, sink, value);
		return;
	}
	lun_out_str(sink->json.out, ",\"value\":");
	write_part(view->value, ctx, sink, &values, view->reduce);
	lun_out_char(sink->json.out, '}');
}
