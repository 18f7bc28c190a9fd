/*
 * What processes write to their output, up to 32 KB of each write. A record of this size does not
 * fit on the stack of a BPF program, which has 512 bytes: it is put together in a map with one
 * entry for each CPU.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { DATA = 32000 };

const volatile __u32 target_pid;
__u64 lost; /* records that the ring buffer had no room for */

struct event {
	__u32 pid, fd;
	__u64 size; /* of the whole write */
	char comm[16];
	char data[DATA];
};
const struct event *type_of_event; /* keeps the type in the object's BTF */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

struct write {
	__u64 common;
	__s64 nr;
	__u64 fd;
	const char *data;
	__u64 size;
};

SEC("tracepoint/syscalls/sys_enter_write")
int writes(struct write *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, zero = 0;
	__u64 size = ctx->size < DATA ? ctx->size : DATA;
	struct event *event;

	if ((target_pid && pid != target_pid) || ctx->fd < 1 || ctx->fd > 2)
		return 0;
	event = bpf_map_lookup_elem(&scratch, &zero);
	if (!event)
		return 0;
	event->pid = pid;
	event->fd = ctx->fd;
	event->size = ctx->size;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_probe_read_user(event->data, size, ctx->data))
		size = 0;
	/* Only what is used is sent. */
	if (bpf_ringbuf_output(&events, event, __builtin_offsetof(struct event, data) + size, 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
