#include "http/privileges.h"

#include <cap-ng.h>
#include <stdbool.h>
#include <stddef.h>

/* Needed for: BPF objects, statistics and namespaces; loading and attaching; kernel symbols; other
 * processes' files and descriptors; pins and files that root may write; ports below 1024; programs
 * that scripts start and kill. */
static const unsigned needed[] = {
	CAP_SYS_ADMIN,
	CAP_BPF,
	CAP_PERFMON,
	CAP_NET_ADMIN,
	CAP_NET_RAW,
	CAP_NET_BIND_SERVICE,
	CAP_SYSLOG,
	CAP_SYS_PTRACE,
	CAP_SYS_RESOURCE,
	CAP_SYS_NICE,
	CAP_IPC_LOCK,
	CAP_DAC_OVERRIDE,
	CAP_DAC_READ_SEARCH,
	CAP_CHOWN,
	CAP_FOWNER,
	CAP_KILL,
};

static bool is_needed(unsigned cap)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (needed[i] == cap)
			return true;
	}
	return false;
}

void lun_privileges_drop(void)
{
	bool may_bound;

	if (capng_get_caps_process())
		return;
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!is_needed(cap))
			capng_update(CAPNG_DROP,
				CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE |
					CAPNG_BOUNDING_SET,
				cap);
	}
	capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
}
