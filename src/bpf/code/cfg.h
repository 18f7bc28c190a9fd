#pragma once
/*
 * The control-flow graph of one function: basic blocks in program order, and edges between
 * them. Block 0 is the first instruction's; leaving the function is an edge to LUN_CFG_EXIT.
 */
#include "bpf/code/code.h"

#define LUN_CFG_EXIT UINT32_MAX

enum lun_edge_kind { LUN_EDGE_NEXT, LUN_EDGE_JUMP, LUN_EDGE_EXIT };

struct lun_cfg_block {
	uint32_t first; /* index of its first instruction */
	uint32_t last;  /* of its last one (the first slot of a wide one) */
};

struct lun_cfg_edge {
	uint32_t from; /* block */
	uint32_t to;   /* block, or LUN_CFG_EXIT */
	enum lun_edge_kind kind;
};

struct lun_cfg {
	struct lun_cfg_block *blocks;
	uint32_t nr_blocks;
	struct lun_cfg_edge *edges;
	uint32_t nr_edges;
};

/* 0, -ENOMEM, or -EINVAL when the function's jumps leave it (which no verified one does). */
int lun_cfg_make(
	const struct lun_code *code, const struct lun_code_func *func, struct lun_cfg *cfg);
void lun_cfg_free(struct lun_cfg *cfg);
