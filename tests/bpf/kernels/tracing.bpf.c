// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Programs on functions that every kernel has for tests of BPF itself (net/bpf/test_run.c), on
 * hooks and on tracepoints: of those kinds that some kernels lack. Each lets everything pass.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PROGRAM(section, name)                                                                     \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return 0;                                                                          \
	}

PROGRAM("kprobe/bpf_fentry_test1", k_kprobe)
PROGRAM("kprobe/bpf_fentry_test1+0x4", k_inside)
PROGRAM("kretprobe/bpf_fentry_test2", k_kretprobe)
PROGRAM("kprobe.multi/bpf_fentry_test?", k_multi)
PROGRAM("kretprobe.multi/bpf_fentry_test*", k_retmulti)
PROGRAM("tracepoint/syscalls/sys_enter_getpgid", k_tracepoint)
PROGRAM("raw_tp/sched_process_exit", k_raw_tp)
PROGRAM("fentry/bpf_fentry_test1", k_fentry)
PROGRAM("fexit/bpf_fentry_test1", k_fexit)
PROGRAM("fmod_ret/bpf_modify_return_test", k_fmod_ret)
PROGRAM("tp_btf/sched_process_fork", k_tp_btf)
PROGRAM("lsm/task_free", k_lsm_void)
PROGRAM("lsm/inode_rmdir", k_lsm)
PROGRAM("lsm.s/bprm_committed_creds", k_lsm_sleepable)
PROGRAM("fentry.s/"
	"__x64_sys_getpgid",
	k_fentry_sleepable)
PROGRAM("iter/task", k_iter_task)
PROGRAM("iter.s/task", k_iter_sleepable)
PROGRAM("tp_btf/jbd2_checkpoint", k_module_tp_btf)
PROGRAM("fentry/jbd2_journal_start", k_module_fentry)
PROGRAM("fentry/rep_function", k_on_function)
PROGRAM("fexit/rep_function", k_on_exit)
PROGRAM("fentry/rep_new", k_on_new)

char LICENSE[] SEC("license") = "GPL";
