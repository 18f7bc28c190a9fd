#pragma once
/* The machine that is looked at: what a script or `lunette check` asks about it. */
#include <stdbool.h>
#include <stdint.h>

struct lun_host {
	char kernel[65];  /* uname -r */
	char version[65]; /* uname -v */
	char machine[65]; /* x86_64 */
	char hostname[65];
	double boot_time; /* seconds since the epoch: load_time counts from there */
	uint32_t page_size;
	int possible_cpus;
	int online_cpus;
	int stats_enabled; /* kernel.bpf_stats_enabled, -1 when it can't be read */
	int jit_enabled;   /* net.core.bpf_jit_enable */
	int unprivileged;  /* kernel.unprivileged_bpf_disabled */
	bool btf;          /* /sys/kernel/btf/vmlinux */
	bool tracefs;
	bool kallsyms;                 /* addresses are shown to us */
	uint64_t pidns_dev, pidns_ino; /* our pid namespace */
	bool all_processes;            /* we are in no process namespace of our own */
	bool sys_admin, bpf, perfmon, net_admin, syslog; /* capabilities that are in effect */
};

/* Never fails: unknown fields stay empty. */
void lun_host_read(struct lun_host *host);
/* Possible CPUs, or -errno: how many values a per-CPU map has a key. */
int lun_host_cpus(void);
