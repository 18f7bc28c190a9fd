/* TCP sockets that change their state, begin to listen, begin to connect, or send again. */
#include "tools/descriptor.bpf.h"

enum { AF_INET = 2, AF_INET6 = 10, IPPROTO_TCP = 6 };
enum {
	ESTABLISHED = 1,
	SYN_SENT = 2,
	FIN_WAIT1 = 4,
	CLOSE = 7,
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
	LISTEN = 10
};
enum { CONNECTED = 'C', ACCEPTED = 'A', CLOSED = 'X' };

const volatile __u32 target_pid, target_family, target_local_port, target_remote_port;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate, newstate;
	__u16 sport, dport, family, protocol;
	__u8 saddr[4], daddr[4], saddr_v6[16], daddr_v6[16];
};

struct trace_event_raw_tcp_event_sk_skb {
	const void *skaddr;
	int state;
	__u16 sport, dport, family;
	__u8 saddr[4], daddr[4], saddr_v6[16], daddr_v6[16];
};

struct trace_event_raw_tcp_retransmit_skb {
	const void *skaddr;
	int state;
	__u16 sport, dport, family;
	__u8 saddr[4], daddr[4], saddr_v6[16], daddr_v6[16];
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__u16 skc_family, skc_num, skc_dport;
	__u32 skc_daddr, skc_rcv_saddr;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	unsigned int sk_max_ack_backlog;
};

struct socket {
	struct sock *sk;
};
#pragma clang attribute pop

struct event {
	__u64 time, lasted; /* in the state before */
	__u64 socket;
	__u32 pid;
	__s32 before, after;
	__u16 local_port, remote_port, family, pad;
	__u32 backlog;
	__u8 local[16], remote[16];
	char comm[COMM];
};

RING(events, 1 << 20);
HASH(changed, __u64, __u64, 10240);
RECORD(event);

static __always_inline void begin(struct event *event, __u16 family)
{
	event->time = bpf_ktime_get_ns();
	event->pid = tgid();
	event->family = family;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

/* All four are read, whatever the family: a read of the one or the other would be merged into one
 * of a changed context, which the verifier refuses. */
#define COPY_ADDRESSES(event, ctx)                                                                 \
	do {                                                                                       \
		__u32 local = 0, remote = 0;                                                       \
                                                                                                   \
		bpf_core_read(&local, 4, &(ctx)->saddr);                                           \
		bpf_core_read(&remote, 4, &(ctx)->daddr);                                          \
		bpf_core_read((event)->local, 16, &(ctx)->saddr_v6);                               \
		bpf_core_read((event)->remote, 16, &(ctx)->daddr_v6);                              \
		if ((event)->family == AF_INET) {                                                  \
			__builtin_memcpy((event)->local, &local, 4);                               \
			__builtin_memcpy((event)->remote, &remote, 4);                             \
		}                                                                                  \
		(event)->local_port = (ctx)->sport;                                                \
		(event)->remote_port = (ctx)->dport;                                               \
	} while (0)

static __always_inline _Bool is_wanted(const struct event *event)
{
	return (!target_family || target_family == event->family) &&
		(!target_pid || target_pid == event->pid) &&
		(!target_local_port || target_local_port == event->local_port) &&
		(!target_remote_port || target_remote_port == event->remote_port);
}

/* The time since the socket came into the state before this one. */
static __always_inline __u64 lasted(__u64 socket, __u64 now, __u32 state)
{
	__u64 *since = bpf_map_lookup_elem(&changed, &socket);
	__u64 time = since ? now - *since : 0;

	if (state == CLOSE)
		bpf_map_delete_elem(&changed, &socket);
	else
		bpf_map_update_elem(&changed, &socket, &now, BPF_ANY);
	return time;
}

static __always_inline void read_change(
	struct event *event, struct trace_event_raw_inet_sock_set_state *ctx)
{
	begin(event, ctx->family);
	event->socket = (__u64)ctx->skaddr;
	event->before = ctx->oldstate;
	event->after = ctx->newstate;
	COPY_ADDRESSES(event, ctx);
}

SEC("tracepoint/sock/inet_sock_set_state")
int state_changed(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct event event = {};

	if (ctx->protocol != IPPROTO_TCP)
		return 0;
	read_change(&event, ctx);
	event.lasted = lasted(event.socket, event.time, event.after);
	if (is_wanted(&event))
		send(&events, &event, sizeof(event));
	return 0;
}

SEC("tracepoint/sock/inet_sock_set_state")
int listens(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct sock *sock = (void *)ctx->skaddr;
	struct event event = {};

	if (ctx->protocol != IPPROTO_TCP || ctx->newstate != LISTEN)
		return 0;
	read_change(&event, ctx);
	event.backlog = BPF_CORE_READ(sock, sk_max_ack_backlog);
	if (is_wanted(&event))
		send(&events, &event, sizeof(event));
	return 0;
}

SEC("tracepoint/sock/inet_sock_set_state")
int connects(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct event event = {};

	if (ctx->protocol != IPPROTO_TCP || ctx->newstate != SYN_SENT)
		return 0;
	read_change(&event, ctx);
	if (is_wanted(&event))
		send(&events, &event, sizeof(event));
	return 0;
}

/* Who connected or accepted: states may change in an interrupt, where another task runs. */
struct owner {
	__u32 pid;
	char comm[COMM];
};

HASH(owners, __u64, struct owner, 65536);

static __always_inline void own(__u64 socket)
{
	struct owner owner = { .pid = tgid() };

	bpf_get_current_comm(owner.comm, COMM);
	bpf_map_update_elem(&owners, &socket, &owner, BPF_ANY);
}

static __always_inline _Bool closes(int before, int after)
{
	return (before == ESTABLISHED || before == CLOSE_WAIT) &&
		(after == FIN_WAIT1 || after == LAST_ACK || after == CLOSE);
}

SEC("tracepoint/sock/inet_sock_set_state")
int traces(struct trace_event_raw_inet_sock_set_state *ctx)
{
	__u64 socket = (__u64)ctx->skaddr;
	struct event event = {};
	struct owner *owner;

	if (ctx->protocol != IPPROTO_TCP)
		return 0;
	if (ctx->newstate == SYN_SENT)
		own(socket);
	owner = bpf_map_lookup_elem(&owners, &socket);
	if (!owner)
		return 0;
	read_change(&event, ctx);
	event.pid = owner->pid;
	__builtin_memcpy(event.comm, owner->comm, COMM);
	event.backlog = event.before == SYN_SENT && event.after == ESTABLISHED ? CONNECTED
		: closes(event.before, event.after)                            ? CLOSED
									       : 0;
	if (event.backlog && is_wanted(&event))
		send(&events, &event, sizeof(event));
	if (event.backlog == CLOSED || event.after == CLOSE)
		bpf_map_delete_elem(&owners, &socket);
	return 0;
}

static __always_inline struct sock *socket_of(__u64 fd)
{
	struct file *file = file_of(fd);
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

static __always_inline int accepted(__s64 fd)
{
	struct sock *sock = fd < 0 ? NULL : socket_of(fd);
	struct event event = {};

	if (!sock)
		return 0;
	begin(&event, BPF_CORE_READ(sock, __sk_common.skc_family));
	if (event.family != AF_INET && event.family != AF_INET6)
		return 0;
	own((__u64)sock);
	event.socket = (__u64)sock;
	event.backlog = ACCEPTED;
	event.local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
	event.remote_port = __builtin_bswap16(BPF_CORE_READ(sock, __sk_common.skc_dport));
	if (event.family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)event.local, sock, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)event.remote, sock, __sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO(&event.local, sock, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&event.remote, sock, __sk_common.skc_v6_daddr);
	}
	if (is_wanted(&event))
		send(&events, &event, sizeof(event));
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept")
int accept_ended(struct sys_exit *ctx)
{
	return accepted(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept4_ended(struct sys_exit *ctx)
{
	return accepted(ctx->ret);
}

/* Before Linux 5.15 the record has no family: then an IPv4 address is there, or not. */
static __always_inline __u16 family_of(struct trace_event_raw_tcp_event_sk_skb *ctx)
{
	__u32 address = 0;
	__u16 family = 0;

	if (bpf_core_field_exists(ctx->family)) {
		bpf_core_read(&family, sizeof(family), &ctx->family);
		return family;
	}
	bpf_core_read(&address, sizeof(address), &ctx->saddr);
	return address ? AF_INET : AF_INET6;
}

/* The kernel renamed the record of this tracepoint in 6.9. */
SEC("tracepoint/tcp/tcp_retransmit_skb")
int sends_again(struct trace_event_raw_tcp_event_sk_skb *ctx)
{
	struct trace_event_raw_tcp_retransmit_skb *newer = (void *)ctx;
	struct event event = {};

	if (bpf_core_type_exists(struct trace_event_raw_tcp_retransmit_skb)) {
		begin(&event, newer->family);
		event.after = newer->state;
		COPY_ADDRESSES(&event, newer);
	} else {
		begin(&event, family_of(ctx));
		event.after = ctx->state;
		COPY_ADDRESSES(&event, ctx);
	}
	if (is_wanted(&event))
		send(&events, &event, sizeof(event));
	return 0;
}
