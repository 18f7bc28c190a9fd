#pragma once
/*
 * Entries as JSON by a flat list of steps, made once for many entries: the text before a leaf, then
 * the leaf. The text is that of lun_entry_json().
 */
#include "bpf/decode/entry_format.h"

struct lun_entry_template;

/* NULL where the format has no such list (Lua functions, each CPU's value, arrays that end early or
 * are long), or memory is short. The format must outlive it. */
struct lun_entry_template *lun_entry_template_new(const struct lun_entry_format *view);
void lun_entry_template_free(struct lun_entry_template *template);
void lun_entry_template_write(const struct lun_entry_template *template, struct lun_ctx *ctx,
	struct lun_out *out, const uint8_t *key, const uint8_t *value);
