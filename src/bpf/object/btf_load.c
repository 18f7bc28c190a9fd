#include "bpf/object/btf_load.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object/btf_file.h"
#include "bpf/object/object.h"

int lun_btf_info(uint32_t id, struct lun_btf_info *info)
{
	int fd = lun_object_open(LUN_BTF, id), err;

	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	info->k.name = (uint64_t)(uintptr_t)info->name;
	info->k.name_len = sizeof(info->name);
	err = lun_object_info(fd, &info->k, sizeof(info->k));
	if (err == -E2BIG) { /* before Linux 5.11: no names, all are programs' */
		memset(info, 0, sizeof(*info));
		err = lun_object_info(fd, &info->k, sizeof(info->k));
	}
	info->k.name = 0;
	close(fd);
	return err;
}
/* 1 for a module's BTF, whose type ids continue the kernel's; 0 for a program's, which is
 * complete. */
static int is_module(uint32_t id, bool *module)
{
	struct lun_btf_info info;
	int err = lun_btf_info(id, &info);

	*module = !err && info.k.kernel_btf && strcmp(info.name, "vmlinux") != 0;
	return err;
}

/* Converts libbpf's own error codes, which begin at 4000. */
static int libbpf_error(void)
{
	return errno < __LIBBPF_ERRNO__START ? -errno : -EINVAL;
}

static int load_vmlinux(struct btf **btf, char *why)
{
	static atomic_bool trusted; /* it never changes */
	int err = 0;

	*btf = btf__load_vmlinux_btf();
	if (!*btf)
		return libbpf_error();
	if (!trusted)
		err = lun_btf_verify(*btf, why);
	trusted = trusted || !err;
	return err;
}

int lun_btf_load_id(struct lun_btf *btf, uint32_t id)
{
	bool module = false;
	int err = is_module(id, &module);

	memset(btf, 0, sizeof(*btf));
	if (!err && module)
		err = load_vmlinux(&btf->base, btf->why);
	if (!err) {
		btf->btf = btf__load_from_kernel_by_id_split(id, btf->base);
		err = btf->btf ? lun_btf_verify(btf->btf, btf->why) : libbpf_error();
	}
	if (err)
		lun_btf_free(btf);
	return err;
}

/* Parses a file's bytes as BTF and verifies it. */
static int parse(struct lun_btf *btf, const struct lun_btf_file *file)
{
	const struct lun_out *bytes = &file->bytes;
	int err = lun_btf_verify_header(bytes->data, bytes->len, btf->why);

	if (err)
		return err;
	btf->btf = btf__new(bytes->data, (uint32_t)bytes->len);
	if (!btf->btf) {
		snprintf(btf->why, sizeof(btf->why), "its types or names can't be read");
		return libbpf_error();
	}
	if (file->pointer_size)
		btf__set_pointer_size(btf->btf, (size_t)file->pointer_size);
	return lun_btf_verify(btf->btf, btf->why);
}

static int load_file(struct lun_btf *btf, const char *path)
{
	struct lun_btf_file file;
	int err = lun_btf_file_read(&file, path, btf->why);

	if (err)
		return err;
	if (file.bytes.len) {
		err = parse(btf, &file);
	} else {
		snprintf(btf->why, sizeof(btf->why), "it has no BTF");
		err = -ENODATA;
	}
	lun_btf_file_free(&file);
	return err;
}

int lun_btf_load_path(struct lun_btf *btf, const char *path)
{
	int err;

	memset(btf, 0, sizeof(*btf));
	err = !strcmp(path, "vmlinux") ? load_vmlinux(&btf->btf, btf->why) : load_file(btf, path);
	if (err)
		lun_btf_free(btf);
	return err;
}

int lun_btf_verify_file(const char *path, char why[LUN_BTF_WHY])
{
	struct lun_btf btf;
	int err;

	memset(&btf, 0, sizeof(btf));
	err = load_file(&btf, path);
	lun_btf_free(&btf);
	memcpy(why, btf.why, LUN_BTF_WHY);
	return err == -ENODATA ? 0 : err;
}

void lun_btf_free(struct lun_btf *btf)
{
	btf__free(btf->btf);
	btf__free(btf->base);
	btf->btf = btf->base = NULL;
}

struct btf *lun_btf_of_id(uint32_t id)
{
	struct lun_btf btf;

	if (lun_btf_load_id(&btf, id))
		return NULL;
	if (!btf.base)
		return btf.btf;
	lun_btf_free(&btf);
	return NULL;
}
