#pragma once
/*
 * BTF by id, of the running kernel, or from a file. Split BTF (of a module, or of a program
 * built against one) brings its base with it.
 */
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdint.h>

struct lun_btf {
	struct btf *btf;
	struct btf *base; /* NULL: it stands alone */
};

struct lun_btf_info {
	struct bpf_btf_info k; /* its pointers are cleared */
	char name[128];        /* "" where there is none */
};

/* 0 or -errno. */
int lun_btf_info(uint32_t id, struct lun_btf_info *info);

/* 0 or -errno. "vmlinux" as a path means the running kernel's. */
int lun_btf_load_id(struct lun_btf *btf, uint32_t id);
int lun_btf_load_path(struct lun_btf *btf, const char *path);
void lun_btf_free(struct lun_btf *btf);
