#pragma once
/*
 * The numbers of a process and a thread as the reader of an iterator knows them: in a process
 * namespace of its own, a container's, they are others than the host's.
 */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct upid {
	int nr;
} KERNEL_STRUCT;

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* one a level */
} KERNEL_STRUCT;

struct signal_struct {
	struct pid *pids[2];
} KERNEL_STRUCT;

struct task_struct {
	int tgid;
	int pid;
	struct task_struct *group_leader;
	struct nsproxy *nsproxy;
	struct pid *thread_pid;
	struct signal_struct *signal;
	char comm[16];
} KERNEL_STRUCT;

/* How deep the reader's namespace lies; 0 is the host's. */
static __always_inline unsigned int reader_level(void)
{
	struct task_struct *reader = (void *)bpf_get_current_task();

	return BPF_CORE_READ(reader, thread_pid, level);
}

static __always_inline unsigned int number_in(struct pid *pid, unsigned int level)
{
	const char *numbers = __builtin_preserve_access_index((const char *)&pid->numbers);
	const struct upid *number;

	if (!pid || level > BPF_CORE_READ(pid, level))
		return 0;
	number = (const void *)(numbers + (unsigned long)level * bpf_core_type_size(struct upid));
	return BPF_CORE_READ(number, nr);
}

static __always_inline unsigned int process_of(struct task_struct *task)
{
	enum { PIDTYPE_TGID = 1 };
	unsigned int level = reader_level();

	if (!level)
		return BPF_CORE_READ(task, tgid);
	return number_in(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]), level);
}

static __always_inline unsigned int thread_of(struct task_struct *task)
{
	unsigned int level = reader_level();

	return level ? number_in(BPF_CORE_READ(task, thread_pid), level)
		     : (unsigned int)BPF_CORE_READ(task, pid);
}
