#include "bpf/object/btf_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* A module's BTF goes on where the kernel's ends; a program's stands alone. */
static int is_module(uint32_t id, bool *module)
{
	struct bpf_btf_info info = { 0 };
	char name[64] = "";
	uint32_t len = sizeof(info);
	int fd = bpf_btf_get_fd_by_id(id), err;

	if (fd < 0)
		return -errno;
	info.name = (uint64_t)(uintptr_t)name;
	info.name_len = sizeof(name);
	err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	close(fd);
	*module = info.kernel_btf && strcmp(name, "vmlinux") != 0;
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
