#include "bind/modules.h"

#include <bpf/bpf.h>
#include <errno.h>

/* The kernel lists BPF objects only for CAP_SYS_ADMIN. */
const char *lun_bind_unready(void)
{
	__u32 id = 0;
	int err = bpf_prog_get_next_id(0, &id) ? errno : 0;

	if (!err || err == ENOENT)
		return NULL;
	if (err == EPERM || err == EACCES)
		return "the kernel lists no BPF objects for this process: CAP_SYS_ADMIN is missing";
	return "the kernel lists no BPF objects: bpf() fails (a kernel without BPF, or a seccomp "
	       "filter)";
}
