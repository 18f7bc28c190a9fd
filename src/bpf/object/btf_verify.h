#pragma once
/*
 * Checks BTF before libbpf and our own code walk over it: both would follow a cycle of references
 * forever, and a reference past the end of the data.
 */
#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

enum { LUN_BTF_WHY = 200 };

/* Checks the header (in either byte order): types and names lie within the `size` bytes. 0, or
 * -EINVAL with a sentence in `why`. */
int lun_btf_verify_header(const void *data, size_t size, char why[LUN_BTF_WHY]);
/*
 * Checks every type that libbpf read: names and references are valid, no type contains itself, and
 * no type's C text grows without bounds. 0, -EINVAL with a sentence in `why`, or -ENOMEM.
 */
int lun_btf_verify(const struct btf *btf, char why[LUN_BTF_WHY]);
