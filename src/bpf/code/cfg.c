#include "bpf/code/cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/code/disasm.h"

static uint32_t width(const struct bpf_insn *insn)
{
	return lun_insn_is_wide(insn) ? 2 : 1;
}

/* Marks the function's instructions that begin a block. */
static int mark_heads(const struct lun_code *code, const struct lun_code_func *func, bool *heads)
{
	uint32_t end = func->start + func->count;

	heads[0] = true;
	for (uint32_t i = func->start; i < end; i += width(&code->insns[i])) {
		long target = i;
		enum lun_flow flow = lun_insn_flow(&code->insns[i], i, &target);

		if (flow == LUN_FLOW_NEXT)
			continue;
		if (target < (long)func->start || target >= (long)end)
			return -EINVAL;
		if (flow == LUN_FLOW_JUMP || flow == LUN_FLOW_BRANCH)
			heads[target - (long)func->start] = true;
		if (i + 1 < end)
			heads[i + 1 - func->start] = true;
	}
	return 0;
}

static void fill_blocks(const struct lun_code *code, const struct lun_code_func *func,
	const bool *heads, struct lun_cfg *cfg)
{
	uint32_t end = func->start + func->count;

	for (uint32_t i = func->start; i < end; i += width(&code->insns[i])) {
		if (heads[i - func->start])
			cfg->blocks[cfg->nr_blocks++].first = i;
		cfg->blocks[cfg->nr_blocks - 1].last = i;
	}
}

static int by_first(const void *key, const void *block)
{
	uint32_t first = ((const struct lun_cfg_block *)block)->first;
	uint32_t wanted = *(const uint32_t *)key;

	return wanted < first ? -1 : wanted > first;
}

static uint32_t block_at(const struct lun_cfg *cfg, uint32_t first)
{
	const struct lun_cfg_block *block =
		bsearch(&first, cfg->blocks, cfg->nr_blocks, sizeof(*cfg->blocks), by_first);

	return block ? (uint32_t)(block - cfg->blocks) : LUN_CFG_EXIT;
}

static void add_edge(struct lun_cfg *cfg, uint32_t from, uint32_t to, enum lun_edge_kind kind)
{
	cfg->edges[cfg->nr_edges++] = (struct lun_cfg_edge){ from, to, kind };
}

static void fill_edges(const struct lun_code *code, struct lun_cfg *cfg)
{
	for (uint32_t b = 0; b < cfg->nr_blocks; b++) {
		uint32_t last = cfg->blocks[b].last;
		long target = 0;
		enum lun_flow flow = lun_insn_flow(&code->insns[last], last, &target);
		bool falls = flow == LUN_FLOW_NEXT || flow == LUN_FLOW_BRANCH;

		if (falls && b + 1 < cfg->nr_blocks)
			add_edge(cfg, b, b + 1, LUN_EDGE_NEXT);
		if (flow == LUN_FLOW_JUMP || flow == LUN_FLOW_BRANCH)
			add_edge(cfg, b, block_at(cfg, (uint32_t)target), LUN_EDGE_JUMP);
		if (flow == LUN_FLOW_EXIT || flow == LUN_FLOW_TABLE)
			add_edge(cfg, b, LUN_CFG_EXIT, LUN_EDGE_EXIT);
	}
}

int lun_cfg_make(const struct lun_code *code, const struct lun_code_func *func, struct lun_cfg *cfg)
{
	bool *heads = calloc(func->count + 1, sizeof(*heads));
	int err = heads ? mark_heads(code, func, heads) : -ENOMEM;

	memset(cfg, 0, sizeof(*cfg));
	if (!err) {
		cfg->blocks = calloc(func->count + 1, sizeof(*cfg->blocks));
		cfg->edges = calloc(2 * (size_t)func->count + 1, sizeof(*cfg->edges));
		err = cfg->blocks && cfg->edges ? 0 : -ENOMEM;
	}
	if (!err) {
		fill_blocks(code, func, heads, cfg);
		fill_edges(code, cfg);
	}
	free(heads);
	if (err)
		lun_cfg_free(cfg);
	return err;
}

void lun_cfg_free(struct lun_cfg *cfg)
{
	free(cfg->blocks);
	free(cfg->edges);
	memset(cfg, 0, sizeof(*cfg));
}
