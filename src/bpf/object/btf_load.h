#pragma once
/*
 * BTF by id, of the running kernel, or from a file, checked (btf_verify.h). Split BTF (of a module,
 * or of a program built against one) brings its base with it.
 */
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdint.h>

#include "bpf/object/btf_verify.h"

struct lun_btf {
	struct btf *btf;
	struct btf *base;      /* NULL: it stands alone */
	char why[LUN_BTF_WHY]; /* it is refused: a sentence, or "" */
};

struct lun_btf_info {
	struct bpf_btf_info k; /* its pointers are cleared */
	char name[128];        /* "" where there is none */
};

/* 0 or -errno. */
int lun_btf_info(uint32_t id, struct lun_btf_info *info);

/* 0 or -errno; -EINVAL where the BTF is malformed. "vmlinux" as a path means the running
 * kernel's. */
int lun_btf_load_id(struct lun_btf *btf, uint32_t id);
int lun_btf_load_path(struct lun_btf *btf, const char *path);
/* Whether the BTF in an object file can be handed to libbpf: 0, also where it has none, or as
 * above. */
int lun_btf_verify_file(const char *path, char why[LUN_BTF_WHY]);
void lun_btf_free(struct lun_btf *btf);

/* The BTF of a program or map, which stands alone; NULL where it can't be had. */
struct btf *lun_btf_of_id(uint32_t id);
