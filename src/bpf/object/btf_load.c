#include "bpf/object/btf_load.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

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
	if (err ==
		-E2BIG) { /* before Linux 5.11 BTF objects have no names, and are all programs' */
		memset(info, 0, sizeof(*info));
		err = lun_object_info(fd, &info->k, sizeof(info->k));
	}
	info->k.name = 0;
	close(fd);
	return err;
}

/* A module's BTF goes on where the kernel's ends; a program's stands alone. */
static int is_module(uint32_t id, bool *module)
{
	struct lun_btf_info info;
	int err = lun_btf_info(id, &info);

	*module = !err && info.k.kernel_btf && strcmp(info.name, "vmlinux") != 0;
	return err;
}

int lun_btf_load_id(struct lun_btf *btf, uint32_t id)
{
	bool module = false;
	int err = is_module(id, &module);

	memset(btf, 0, sizeof(*btf));
	if (!err && module) {
		btf->base = btf__load_vmlinux_btf();
		err = btf->base ? 0 : -errno;
	}
	if (err)
		return err;
	btf->btf = btf__load_from_kernel_by_id_split(id, btf->base);
	err = btf->btf ? 0 : -errno;
	if (err)
		lun_btf_free(btf);
	return err;
}

int lun_btf_load_path(struct lun_btf *btf, const char *path)
{
	memset(btf, 0, sizeof(*btf));
	btf->btf = !strcmp(path, "vmlinux") ? btf__load_vmlinux_btf() : btf__parse(path, NULL);
	if (btf->btf)
		return 0;
	return errno < __LIBBPF_ERRNO__START ? -errno : -ENOEXEC; /* libbpf has codes of its own */
}

void lun_btf_free(struct lun_btf *btf)
{
	btf__free(btf->btf);
	btf__free(btf->base);
	btf->btf = btf->base = NULL;
}
