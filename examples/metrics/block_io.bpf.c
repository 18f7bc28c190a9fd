/* How long block requests take and how large they are, by disk, in slots of powers of two. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { SLOTS = 27 };

/* Of the kernel's, what is read here; found by name in its BTF. */
struct trace_event_raw_block_rq {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
	unsigned int bytes;
} __attribute__((preserve_access_index));

struct trace_event_raw_block_rq_completion {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
} __attribute__((preserve_access_index));

struct request_key {
	__u64 sector;
	__u32 dev;
	__u32 pad;
};

struct disk_io {
	__u64 latency_us[SLOTS];
	__u64 latency_sum_us;
	__u64 size[SLOTS];
	__u64 size_sum;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct request_key);
	__type(value, __u64);
} io_started SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, struct disk_io);
} io_by_disk SEC(".maps");

static const struct disk_io nothing;

/* The slot of a value: the place of its highest bit. */
static __always_inline __u32 slot_of(__u64 value)
{
	__u32 slot = 0;

	for (int bit = 32; bit; bit >>= 1) {
		if (value >> bit) {
			value >>= bit;
			slot += bit;
		}
	}
	return slot < SLOTS ? slot : SLOTS - 1;
}

static __always_inline struct disk_io *disk_of(__u32 dev)
{
	struct disk_io *disk = bpf_map_lookup_elem(&io_by_disk, &dev);

	if (disk)
		return disk;
	bpf_map_update_elem(&io_by_disk, &dev, &nothing, BPF_NOEXIST);
	return bpf_map_lookup_elem(&io_by_disk, &dev);
}

SEC("tracepoint/block/block_rq_issue")
int io_issue(struct trace_event_raw_block_rq *ctx)
{
	struct request_key key = { .sector = ctx->sector, .dev = ctx->dev };
	struct disk_io *disk = disk_of(key.dev);
	__u64 now = bpf_ktime_get_ns();
	__u32 slot = slot_of(ctx->bytes);

	bpf_map_update_elem(&io_started, &key, &now, BPF_ANY);
	if (!disk || slot >= SLOTS)
		return 0;
	__sync_fetch_and_add(&disk->size[slot], 1);
	__sync_fetch_and_add(&disk->size_sum, ctx->bytes);
	return 0;
}

SEC("tracepoint/block/block_rq_complete")
int io_complete(struct trace_event_raw_block_rq_completion *ctx)
{
	struct request_key key = { .sector = ctx->sector, .dev = ctx->dev };
	__u64 *started = bpf_map_lookup_elem(&io_started, &key);
	struct disk_io *disk = disk_of(key.dev);
	__u64 us;
	__u32 slot;

	if (!started || !disk)
		return 0;
	us = (bpf_ktime_get_ns() - *started) / 1000;
	slot = slot_of(us);
	if (slot < SLOTS)
		__sync_fetch_and_add(&disk->latency_us[slot], 1);
	__sync_fetch_and_add(&disk->latency_sum_us, us);
	bpf_map_delete_elem(&io_started, &key);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
