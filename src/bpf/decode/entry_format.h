#pragma once
/*
 * How a map's entries are shown: a plan for the key, one for the value, and how the CPUs' values
 * are combined. Writes single entries; streams and pages are made of these.
 */
#include "bpf/object/map.h"
#include "bpf/decode/plan_visit.h"

struct lun_entry_format {
	struct lun_plan *key;
	struct lun_plan *value;
	uint8_t reduce; /* enum lun_reduce */
	bool per_cpu;   /* also on a machine with one CPU */
	uint32_t cpus;
	uint32_t stride;
};

/* Takes references to the plans. -EMSGSIZE when a plan reads more than the map's key or
 * value holds. */
int lun_entry_format_init(struct lun_entry_format *view, const struct lun_map *map,
	struct lun_plan *key, struct lun_plan *value, uint8_t reduce);
void lun_entry_format_free(struct lun_entry_format *view);

/* Whether it needs a Lua VM. */
static inline bool lun_entry_format_calls_lua(const struct lun_entry_format *view)
{
	return view->key->funcs || view->value->funcs;
}

/* Whether each CPU's value is shown by itself. */
static inline bool lun_entry_format_each_cpu(const struct lun_entry_format *view)
{
	return view->per_cpu && view->reduce == LUN_EACH_CPU;
}

static inline struct lun_bytes lun_entry_format_key(const uint8_t *key)
{
	return (struct lun_bytes){ key, 1, 0 };
}

static inline struct lun_bytes lun_entry_format_values(
	const struct lun_entry_format *view, const uint8_t *value)
{
	return (struct lun_bytes){ value, view->cpus, view->stride };
}

static inline struct lun_bytes lun_entry_format_cpu(
	const struct lun_entry_format *view, const uint8_t *value, uint32_t cpu)
{
	return (struct lun_bytes){ value + (size_t)cpu * view->stride, 1, view->stride };
}

/* Called where a plan holds a Lua function. */
typedef void (*lun_func_fn)(struct lun_sink *sink, const struct lun_op *op, const char *name,
	const struct lun_bytes *bytes, uint32_t offset);

/* {"key":…,"value":…}, or {"key":…,"cpuValues":[…]} where each CPU is shown. The sink writes into
 * its own out; `side` is the plan that runs. */
enum lun_side { LUN_SIDE_KEY, LUN_SIDE_VALUE };

struct lun_entry_sink {
	struct lun_json_sink json;
	enum lun_side side; /* for functions: the plan they belong to */
	bool text;          /* … and whether a string comes bare, as in CSV */
	void *user;
};

void lun_entry_json(const struct lun_entry_format *view, struct lun_ctx *ctx,
	struct lun_entry_sink *sink, const uint8_t *key, const uint8_t *value);
