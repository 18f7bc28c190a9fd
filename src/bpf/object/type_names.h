#pragma once
/*
 * The kernel's names of the numbers in its BPF structures, as bpftool and libbpf spell them
 * ("percpu_hash", "sched_cls"). The lists are ours, since the library we build with may be
 * older than the kernel we run on; numbers past their ends are looked up in the kernel's BTF.
 */
#include <stdint.h>

enum lun_kind { LUN_PROG, LUN_MAP, LUN_LINK, LUN_BTF, LUN_KINDS };

/* "prog", "map", "link", "btf". */
const char *lun_kind_name(enum lun_kind kind);
/* The kind of that name, or -1. */
int lun_kind_parse(const char *name);

/* The name of a program, map or link type, or NULL when neither we nor the kernel's BTF has one. */
const char *lun_type_name(enum lun_kind kind, uint32_t type);
/* The number of a type, or -1. */
int lun_type_parse(enum lun_kind kind, const char *name);
/* Whether the running kernel's enum of the types has the number: 1, 0, or -ENOTSUP without BTF. */
int lun_type_in_kernel(enum lun_kind kind, uint32_t type);

/* enum bpf_attach_type: "cgroup_inet_ingress", "trace_fentry"; NULL when unknown. */
const char *lun_attach_type_name(uint32_t type);
/* The target of a link on a perf event: "kprobe", "uretprobe", …; NULL when unknown. */
const char *lun_perf_type_name(uint32_t type);
/* enum bpf_task_fd_type: "raw_tracepoint", "kprobe", …; NULL when unknown. */
const char *lun_task_fd_type_name(uint32_t type);
