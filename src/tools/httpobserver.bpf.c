/* HTTP requests of Go programs: what net/http's client sends and its server answers. The probes sit
 * at entries and returns of functions (a uretprobe would break Go, which moves its stacks); a
 * request is known by its goroutine in between. */
#include "tools/tool.bpf.h"

enum { CLIENT, SERVER };

const volatile __u64 pidns_dev, pidns_ino;

/* Where the members are, in structs of net/http and net/url. */
const volatile __u32 request_method = 0, request_url = 16, request_major = 40, request_host = 128,
		     request_remote = 176;
const volatile __u32 url_scheme = 0, url_host = 40, url_path = 56, url_query = 96;
const volatile __u32 response_status = 16, response_length = 80;

struct event {
	__u64 time, latency;
	__s64 length; /* of the answer; -1: not known */
	__u32 pid, status;
	__u8 side, major, failed, pad[5];
	char comm[COMM];
	char method[16], scheme[8], peer[64], host[128], path[512], query[512];
};

struct goroutine {
	__u64 g;
	__u32 pid, side;
};

struct call {
	__u64 since, request, written;
	__u32 status;
};

RECORD(event);
RING(events, 4 << 20);
SCRATCH(scratch, struct event);
HASH(calls, struct goroutine, struct call, 16384);

#if defined(__TARGET_ARCH_x86)
/* Registers of Go's calling convention, as the kernel saves them. */
struct registers {
	__u64 r15, r14, r13, r12, bp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
};
#define G(ctx) (ctx)->r14
#define R0(ctx) (ctx)->rax
#define R1(ctx) (ctx)->rbx
#define R2(ctx) (ctx)->rcx
#define R3(ctx) (ctx)->rdi
#elif defined(__TARGET_ARCH_arm64)
struct registers {
	__u64 x[31];
};
#define G(ctx) (ctx)->x[28]
#define R0(ctx) (ctx)->x[0]
#define R1(ctx) (ctx)->x[1]
#define R2(ctx) (ctx)->x[2]
#define R3(ctx) (ctx)->x[3]
#else
#error "Go's calling convention on this machine is not known here"
#endif

static __always_inline struct goroutine self(struct registers *ctx, __u32 side)
{
	struct goroutine self = { G(ctx), tgid(), side };

	return self;
}

static __always_inline int begins(struct registers *ctx, __u32 side, __u64 request)
{
	struct goroutine key = self(ctx, side);
	struct call call = { .since = bpf_ktime_get_ns(), .request = request };

	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
	return 0;
}

static __always_inline __u64 pointer(__u64 at)
{
	__u64 p = 0;

	bpf_probe_read_user(&p, sizeof(p), (void *)at);
	return p;
}

/* Copies a string of Go's (a pointer and a length), cut to what fits. */
static __always_inline void copy(char *to, __u32 size, __u64 string)
{
	__u64 data = pointer(string), len = pointer(string + 8);

	if (len > size - 1)
		len = size - 1;
	len &= size - 1; /* sizes are powers of two */
	to[0] = 0;
	if (!data || bpf_probe_read_user(to, len, (void *)data))
		len = 0;
	to[len & (size - 1)] = 0;
}

/* The pid as the pid namespace of the reader numbers it. */
static __always_inline __u32 own_pid(void)
{
	struct bpf_pidns_info info;

	if (pidns_ino && !bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &info, sizeof(info)))
		return info.tgid;
	return tgid();
}

static __always_inline struct event *fill(const struct call *call, __u32 side)
{
	__u64 request = call->request, url = pointer(request + request_url);
	__u32 zero = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &zero);

	if (!event)
		return NULL;
	event->time = bpf_ktime_get_ns();
	event->latency = event->time - call->since;
	event->pid = own_pid();
	event->side = side;
	event->failed = 0;
	event->major = pointer(request + request_major);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	copy(event->method, sizeof(event->method), request + request_method);
	copy(event->scheme, sizeof(event->scheme), url + url_scheme);
	copy(event->path, sizeof(event->path), url + url_path);
	copy(event->query, sizeof(event->query), url + url_query);
	if (side == SERVER) {
		copy(event->host, sizeof(event->host), request + request_host);
		copy(event->peer, sizeof(event->peer), request + request_remote);
	} else {
		copy(event->host, sizeof(event->host), url + url_host);
		event->peer[0] = 0;
	}
	return event;
}

/* (*Transport).RoundTrip(transport R0, request R1) */
SEC("uprobe")
int client_begins(struct registers *ctx)
{
	return begins(ctx, CLIENT, R1(ctx));
}

/* … returns response R0, error R1 and R2 */
SEC("uprobe")
int client_ends(struct registers *ctx)
{
	struct goroutine key = self(ctx, CLIENT);
	struct call *call = bpf_map_lookup_elem(&calls, &key);
	__u64 response = R0(ctx);
	struct event *event;

	if (!call)
		return 0;
	event = fill(call, CLIENT);
	bpf_map_delete_elem(&calls, &key);
	if (!event)
		return 0;
	event->failed = !response;
	event->status = response ? pointer(response + response_status) : 0;
	event->length = response ? pointer(response + response_length) : -1;
	send(&events, event, sizeof(*event));
	return 0;
}

/* serverHandler.ServeHTTP(server R0, writer R1 and R2, request R3) */
SEC("uprobe")
int server_begins(struct registers *ctx)
{
	return begins(ctx, SERVER, R3(ctx));
}

/* (*response).WriteHeader(response R0, code R1); the first one counts, unless it is of 1xx */
SEC("uprobe")
int server_answers(struct registers *ctx)
{
	struct goroutine key = self(ctx, SERVER);
	struct call *call = bpf_map_lookup_elem(&calls, &key);
	__u64 status = R1(ctx);

	if (call && !call->status && status >= 200)
		call->status = status;
	return 0;
}

/* (*response).write(response R0, length R1, …) */
SEC("uprobe")
int server_writes(struct registers *ctx)
{
	struct goroutine key = self(ctx, SERVER);
	struct call *call = bpf_map_lookup_elem(&calls, &key);

	if (call)
		call->written += R1(ctx);
	return 0;
}

SEC("uprobe")
int server_ends(struct registers *ctx)
{
	struct goroutine key = self(ctx, SERVER);
	struct call *call = bpf_map_lookup_elem(&calls, &key);
	struct event *event;

	if (!call)
		return 0;
	event = fill(call, SERVER);
	if (event) {
		event->status = call->status ? call->status : 200; /* as net/http does */
		event->length = call->written;
		send(&events, event, sizeof(*event));
	}
	bpf_map_delete_elem(&calls, &key);
	return 0;
}
