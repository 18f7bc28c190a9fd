/* Further types of program for the disassembler's corpus: sockets, addresses, options. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 16);
	__type(value, __u32);
} code_queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u32[4]);
} code_words SEC(".maps");

__s32 deepest;
__u16 ports[8];

SEC("cgroup/bind4")
int code_bind4(struct bpf_sock_addr *ctx)
{
	__u16 port = bpf_ntohs((__u16)ctx->user_port);

	ports[port & 7] = port;
	return port >= 1024 || port == 80;
}

SEC("cgroup/connect6")
int code_connect6(struct bpf_sock_addr *ctx)
{
	return ctx->user_ip6[0] != bpf_htonl(0xfe800000) || ctx->user_ip6[3] == bpf_htonl(1);
}

SEC("cgroup/sendmsg4")
int code_sendmsg4(struct bpf_sock_addr *ctx)
{
	ctx->user_port = ctx->user_port == bpf_htons(53) ? bpf_htons(5353) : ctx->user_port;
	return 1;
}

SEC("cgroup/sock_create")
int code_sock_create(struct bpf_sock *sk)
{
	return sk->family == 2 || sk->protocol == IPPROTO_UDP;
}

SEC("cgroup/setsockopt")
int code_setsockopt(struct bpf_sockopt *ctx)
{
	__u32 value = (__u32)ctx->level << 8 | (__u32)ctx->optname;

	bpf_map_push_elem(&code_queue, &value, BPF_EXIST);
	return 1;
}

SEC("sk_msg")
int code_sk_msg(struct sk_msg_md *msg)
{
	return msg->size > 65536 ? SK_DROP : SK_PASS;
}

SEC("sk_skb/stream_verdict")
int code_stream_verdict(struct __sk_buff *skb)
{
	return skb->len & 1 ? SK_PASS : SK_DROP;
}

static __noinline __u32 fold(__u32 a, __u32 b, __u32 c)
{
	a ^= b << 13;
	b += c >> 7;
	c -= a * 3;
	return (a ^ b ^ c) % 1021;
}

SEC("tc")
int code_tc_hash(struct __sk_buff *skb)
{
	__u64 key = fold(skb->hash, skb->mark, skb->len);
	__u32 *words = bpf_map_lookup_elem(&code_words, &key);

	if (!words)
		return TC_ACT_UNSPEC;
	words[0]++;
	words[3] = (words[1] << 1) | (words[2] >> 31);
	if ((__s32)words[3] > deepest)
		deepest = (__s32)words[3];
	return words[0] > 1000 ? TC_ACT_SHOT : TC_ACT_OK;
}

void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

/* Functions of the kernel that are no helpers. */
SEC("tc")
int code_tc_kfuncs(struct __sk_buff *skb)
{
	__u64 key = skb->hash;
	__u32 *words;

	bpf_rcu_read_lock();
	words = bpf_map_lookup_elem(&code_words, &key);
	if (words)
		words[0]++;
	bpf_rcu_read_unlock();
	return TC_ACT_OK;
}
