#pragma once
/*
 * Names that the system knows for numbers: interfaces, cgroups, kernel symbols, processes,
 * programs. Caches live in the context and are asked again after a second, as things change.
 */
#include "bpf/decode/value.h"

struct lun_resolver;
void lun_resolver_free(struct lun_resolver *r);

/* Appends the name that `kind` (LUN_K_IFINDEX, LUN_K_KSYM …) gives v; false when it has none. */
bool lun_resolve(struct lun_ctx *ctx, uint8_t kind, uint64_t v, struct lun_out *out);
/* Appends the frames of stack `id` in stack trace map `map_id`: "inner;outer". */
bool lun_resolve_stack(struct lun_ctx *ctx, uint32_t map_id, uint64_t id, struct lun_out *out);
/* The same of a process' frames. */
bool lun_resolve_ustack(
	struct lun_ctx *ctx, uint32_t map_id, uint32_t pid, uint32_t id, struct lun_out *out);
/* The symbol of a process' address. */
bool lun_resolve_usym(struct lun_ctx *ctx, uint32_t pid, uint64_t address, struct lun_out *out);
/* A frame of a stack with build ids (struct bpf_stack_build_id): its symbol, or the build id and
 * the offset; the address where the kernel found no build id. */
void lun_resolve_build_id(struct lun_ctx *ctx, const uint8_t *frame, struct lun_out *out);
