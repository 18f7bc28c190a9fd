#pragma once
/*
 * Types of BTF as C that compiles: each with all that it needs, once, to BTF's sizes and offsets.
 * Where C can't lay out a type so, it is an array of bytes, and a comment says why.
 */
#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

#include "text/out.h"

enum { LUN_BTF_C_MAX = 64 << 20 }; /* bytes of text */

/*
 * Functions and variables are declared, of a tag the target is named, and a section has its
 * variables. BTF must be verified (btf_verify.h). 0, -E2BIG where the text would be longer than
 * LUN_BTF_C_MAX, -EINVAL for an id that is not there, or -ENOMEM.
 */
int lun_btf_c(const struct btf *btf, const uint32_t *ids, size_t n, struct lun_out *out);
