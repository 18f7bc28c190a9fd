#pragma once
/*
 * Whether BTF can be trusted, before libbpf and our own code walk over it: both follow references
 * without end where they form a cycle, and beyond the end where they lead there.
 */
#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

enum { LUN_BTF_WHY = 200 };

/* The header, which says where types and names lie in the `size` bytes. 0, or -EINVAL and a
 * sentence. Of either byte order. */
int lun_btf_verify_header(const void *data, size_t size, char why[LUN_BTF_WHY]);
/*
 * Every type of what libbpf has read: its names, what it refers to, that no type holds itself, and
 * that none grows without bounds when it is written as C. 0, -EINVAL and a sentence, or -ENOMEM.
 */
int lun_btf_verify(const struct btf *btf, char why[LUN_BTF_WHY]);
