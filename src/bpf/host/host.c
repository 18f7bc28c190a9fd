#include "bpf/host/host.h"
#include "text/monotonic.h"

#include <bpf/libbpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	int value = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

static double seconds(clockid_t clock)
{
	return (double)lun_clock_ns(clock) / 1e9;
}

/* Checks with the effective user id and capabilities; access() uses the real ones. */
static bool is_readable(const char *path)
{
	return !faccessat(AT_FDCWD, path, R_OK, AT_EACCESS);
}

/* True when the first symbol has an address: without CAP_SYSLOG all are 0. */
static bool sees_addresses(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0;
	char line[256];

	for (int i = 0; f && !address && i < 64 && fgets(line, sizeof(line), f); i++)
		address = strtoull(line, NULL, 16);
	if (f)
		fclose(f);
	return address != 0;
}

static void read_capabilities(struct lun_host *host)
{
	capng_get_caps_process();
	host->sys_admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
	host->bpf = capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF);
	host->perfmon = capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON);
	host->net_admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN);
	host->syslog = capng_have_capability(CAPNG_EFFECTIVE, CAP_SYSLOG);
}

static void read_uname(struct lun_host *host)
{
	struct utsname u;

	if (uname(&u))
		return;
	snprintf(host->kernel, sizeof(host->kernel), "%s", u.release);
	snprintf(host->version, sizeof(host->version), "%s", u.version);
	snprintf(host->machine, sizeof(host->machine), "%s", u.machine);
	snprintf(host->hostname, sizeof(host->hostname), "%s", u.nodename);
}

static void read_pid_namespace(struct lun_host *host)
{
	const ino_t proc_pid_init_ino = 0xEFFFFFFCU; /* the host's, in every kernel */
	struct stat st = { .st_ino = proc_pid_init_ino };

	stat("/proc/self/ns/pid", &st);
	host->pidns_dev = st.st_dev;
	host->pidns_ino = st.st_ino;
	host->all_processes = st.st_ino == proc_pid_init_ino;
}

void lun_host_read(struct lun_host *host)
{
	memset(host, 0, sizeof(*host));
	read_uname(host);
	read_capabilities(host);
	host->boot_time = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
	host->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	host->possible_cpus = libbpf_num_possible_cpus();
	host->online_cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	host->stats_enabled = read_number("/proc/sys/kernel/bpf_stats_enabled");
	host->jit_enabled = read_number("/proc/sys/net/core/bpf_jit_enable");
	host->unprivileged = read_number("/proc/sys/kernel/unprivileged_bpf_disabled");
	host->btf = is_readable("/sys/kernel/btf/vmlinux");
	host->tracefs = is_readable("/sys/kernel/tracing/events") ||
		is_readable("/sys/kernel/debug/tracing/events");
	host->kallsyms = sees_addresses();
	read_pid_namespace(host);
}

int lun_host_cpus(void)
{
	return libbpf_num_possible_cpus();
}
