#pragma once
/*
 * Runs a plan: passes every container and leaf to a sink, in order. Sinks write JSON or text, or
 * build Lua values.
 */
#include "bpf/decode/plan.h"
#include "bpf/decode/value.h"

struct lun_sink {
	/* op is the container; name NULL inside arrays and at the root */
	void (*open)(struct lun_sink *sink, const struct lun_op *op, const char *name);
	void (*close)(struct lun_sink *sink, const struct lun_op *op);
	void (*value)(struct lun_sink *sink, const char *name, const struct lun_value *value);
	/* a Lua function of the plan; NULL when the sink can't call any */
	void (*func)(struct lun_sink *sink, const struct lun_op *op, const char *name,
		const struct lun_bytes *bytes, uint32_t offset);
	bool ids; /* programs and maps are their ids, without the names */
};

/* For a sink with `ids`: a program or map as the number that it is; false for any other kind. */
bool lun_op_as_id(const struct lun_op *op, struct lun_op *number);

/* Over one CPU's bytes (bytes->cpus is 1), or over all of them made one by `reduce`. */
void lun_plan_visit(const struct lun_plan *plan, struct lun_ctx *ctx, const struct lun_bytes *bytes,
	uint8_t reduce, struct lun_sink *sink);
/* The part of the plan at `at`, whose container starts at byte `base`. */
void lun_plan_visit_from(const struct lun_plan *plan, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint8_t reduce, struct lun_sink *sink, uint32_t at,
	uint32_t base);

/* A sink that writes JSON into `out`: a program or a map is its id, a number. */
struct lun_json_sink {
	struct lun_sink sink;
	struct lun_out *out;
	bool comma; /* the next member needs one in front */
};

void lun_json_sink_init(struct lun_json_sink *sink, struct lun_out *out);
/* Writes the comma and the name in front of a value that the caller writes itself. */
void lun_json_member(struct lun_json_sink *sink, const char *name);
