#pragma once
/* Files that hold BTF: raw, or as a section of an ELF file, which may say anything of itself. */
#include "bpf/object/btf_verify.h"
#include "text/out.h"

struct lun_btf_file {
	struct lun_out bytes; /* the BTF; empty where an ELF file has none */
	struct lun_out ext;   /* .BTF.ext, likewise */
	int pointer_size;     /* of the ELF file's machine, or 0 */
};

/* 0, -errno where the file can't be read, or -EINVAL and a sentence. */
int lun_btf_file_read(struct lun_btf_file *file, const char *path, char why[LUN_BTF_WHY]);
void lun_btf_file_free(struct lun_btf_file *file);
