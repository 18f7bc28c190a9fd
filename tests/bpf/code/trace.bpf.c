/* Tracing programs for the disassembler's corpus: loops, atomics, strings, callbacks. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct event {
	__u32 pid;
	__u32 cpu;
	__u64 time;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} code_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} code_starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} code_slots SEC(".maps");

struct inner {
	__s32 low;
	__u64 values[3];
};

struct state {
	__u64 calls;
	struct inner inner[2];
	__u8 flag;
};

struct state state;
static volatile __s64 signed_total;
const volatile int wanted_pid;
__u32 word;
__u64 doubleword;

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

static __noinline __u32 log2_of(__u64 v)
{
	__u32 r = 0;

	if (v >> 32) {
		r += 32;
		v >>= 32;
	}
	if (v >> 16) {
		r += 16;
		v >>= 16;
	}
	if (v >> 8) {
		r += 8;
		v >>= 8;
	}
	if (v >> 4) {
		r += 4;
		v >>= 4;
	}
	return r + (__u32)(v > 7 ? 3 : v > 3 ? 2 : v > 1);
}

static __noinline int note(__u64 delta)
{
	__u32 slot = log2_of(delta);
	__u64 *n = bpf_map_lookup_elem(&code_slots, &slot);

	if (n)
		__sync_fetch_and_add(n, 1);
	return (int)slot;
}

SEC("raw_tp/sys_enter")
int code_sys_enter(void *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_update_elem(&code_starts, &tid, &now, BPF_ANY);
	state.calls++;
	return 0;
}

SEC("raw_tp/sys_exit")
int code_sys_exit(void *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&code_starts, &tid);

	if (!start)
		return 0;
	note(bpf_ktime_get_ns() - *start);
	bpf_map_delete_elem(&code_starts, &tid);
	return 0;
}

SEC("raw_tp/sched_switch")
int code_switch(void *ctx)
{
	struct event *e;

	if (wanted_pid && wanted_pid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	e = bpf_ringbuf_reserve(&code_events, sizeof(*e), 0);
	if (!e)
		return 0;
	e->pid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	e->cpu = bpf_get_smp_processor_id();
	e->time = bpf_ktime_get_ns();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(code_exit, struct task_struct *task)
{
	state.inner[task->pid & 1].values[1] += (__u64)task->tgid;
	state.inner[1].low = -task->pid;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getpid")
int code_arithmetic(void *ctx)
{
	__u64 a = bpf_get_prandom_u32(), b = a | 1;
	__s64 s = -(__s64)a;

	state.inner[0].values[0] = a * 7 / b + a % 13 - (a << 3) + (b >> 5);
	state.inner[0].values[2] = (a ^ b) & ~(a | 0x55);
	signed_total += s >> 3;
	state.flag = s < 0 && a > b;
	return (int)(a < 5 ? s : (__s64)b);
}

SEC("tracepoint/syscalls/sys_enter_getuid")
int code_atomics(void *ctx)
{
	__u64 old = __sync_fetch_and_add(&doubleword, 3);

	__sync_fetch_and_or(&doubleword, old);
	__sync_fetch_and_and(&doubleword, 0xff);
#ifdef WIDE_ATOMICS /* -mcpu=v3 */
	__sync_fetch_and_xor(&word, 5);
	old += __sync_fetch_and_xor(&doubleword, 1);
	old += __sync_val_compare_and_swap(&doubleword, old, 9);
	old += __sync_lock_test_and_set(&word, 2);
#endif
	return (int)old;
}

SEC("raw_tp/sys_enter")
int code_loop(void *ctx)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < 64; i++) {
		__u32 key = i;
		__u64 *n = bpf_map_lookup_elem(&code_slots, &key);

		if (!n)
			break;
		if (*n & 1)
			continue;
		sum += *n;
	}
	doubleword = sum;
	return 0;
}

static long each_slot(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += *value + *key;
	return *value == 77;
}

SEC("raw_tp/sys_enter")
int code_callback(void *ctx)
{
	__u64 sum = 0;

	bpf_for_each_map_elem(&code_slots, each_slot, &sum, 0);
	return (int)sum;
}

static long step(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}

SEC("raw_tp/sys_enter")
int code_bpf_loop(void *ctx)
{
	__u64 sum = 1;

	bpf_loop(100, step, &sum, 0);
	doubleword = sum;
	return 0;
}

SEC("raw_tp/sys_enter")
int code_compare(void *ctx)
{
	char comm[16], other[16] = "lunette";
	int same = 1;

	bpf_get_current_comm(comm, sizeof(comm));
#pragma clang loop unroll(full)
	for (int i = 0; i < 16; i++)
		same &= comm[i] == other[i];
	bpf_printk("same %d", same);
	return same;
}

SEC("raw_tp/sys_enter")
int code_byteswap(void *ctx)
{
	__u64 v = bpf_get_prandom_u32();

	doubleword =
		__builtin_bswap64(v) + __builtin_bswap32((__u32)v) + __builtin_bswap16((__u16)v);
	return 0;
}

SEC("raw_tp/sys_enter")
int code_switch_case(void *ctx)
{
	switch (bpf_get_prandom_u32() % 12) {
	case 0:
		return 11;
	case 1:
		return 72;
	case 2:
		word = 1;
		break;
	case 3:
		word = 2;
		/* fallthrough */
	case 4:
		doubleword++;
		break;
	case 7:
		return note(7);
	case 9:
		return note(9) + 1;
	default:
		return -1;
	}
	return 0;
}

SEC("perf_event")
int code_sample(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id() & 63;
	__u64 *n = bpf_map_lookup_elem(&code_slots, &cpu);

	if (n)
		*n = *n > 100 ? 0 : *n + 1;
	return 0;
}
