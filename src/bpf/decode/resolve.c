#include "bpf/decode/resolve.h"

#include <bpf/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/decode/build_ids.h"
#include "bpf/host/cgroup_tree.h"
#include "bpf/decode/ksyms.h"
#include "bpf/object/map.h"
#include "bpf/object/map_list.h"
#include "bpf/object/prog.h"
#include "bpf/decode/syscall_names.h"
#include "bpf/decode/usyms.h"
#include "text/monotonic.h"

enum { SLOTS = 512, FRESH_NS = 1000000000, MAX_FRAMES = 127 };

struct slot {
	uint64_t number;
	uint64_t until; /* CLOCK_MONOTONIC ns; 0: empty */
	char *name;     /* NULL: it has none */
	uint32_t map;
	uint8_t kind;
};

struct lun_resolver {
	struct slot slots[SLOTS];
	struct lun_usyms *usyms; /* made when first needed */
	struct lun_build_ids *build_ids;
};

void lun_resolver_free(struct lun_resolver *r)
{
	if (!r)
		return;
	for (int i = 0; i < SLOTS; i++)
		free(r->slots[i].name);
	lun_usyms_free(r->usyms);
	lun_build_ids_free(r->build_ids);
	free(r);
}

static bool name_ifindex(uint64_t v, struct lun_out *out)
{
	char name[IF_NAMESIZE];

	if (v > UINT32_MAX || !if_indextoname((unsigned int)v, name))
		return false;
	lun_out_str(out, name);
	return true;
}

static bool name_pid(uint64_t v, struct lun_out *out)
{
	char path[64], comm[64];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/%llu/comm", (unsigned long long)v);
	f = fopen(path, "re");
	ok = f && fgets(comm, sizeof(comm), f);
	if (f)
		fclose(f);
	if (!ok)
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	lun_out_printf(out, "%s (%llu)", comm, (unsigned long long)v);
	return true;
}

static bool name_cgroup(uint64_t v, struct lun_out *out)
{
	char path[4096];
	bool ok = !lun_cgroup_path(v, path, sizeof(path));

	if (ok)
		lun_out_str(out, path);
	return ok;
}

static bool name_dev(uint64_t v, struct lun_out *out)
{
	char link[64], path[512];
	ssize_t len;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", (unsigned int)(v >> 20),
		(unsigned int)(v & 0xfffff));
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return false;
	path[len] = '\0';
	lun_out_printf(out, " %s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	return true;
}

static bool name_prog(uint64_t v, struct lun_out *out)
{
	char name[LUN_PROG_NAME_LEN] = "";
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = v && v <= UINT32_MAX ? bpf_prog_get_fd_by_id((uint32_t)v) : -1;
	bool ok = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len);

	if (ok) {
		memcpy(name, info.name, sizeof(info.name));
		lun_prog_full_name(fd, &info, name);
		lun_out_printf(out, "%s (%llu)", name, (unsigned long long)v);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool name_map(uint64_t v, struct lun_out *out)
{
	struct lun_map_facts map;

	if (!v || v > UINT32_MAX || lun_map_facts((uint32_t)v, &map))
		return false;
	lun_out_printf(out, "%s (%llu)", map.full_name[0] ? map.full_name : map.info.name,
		(unsigned long long)v);
	return true;
}

static bool name_syscall(uint64_t v, struct lun_out *out)
{
	const char *name = v <= UINT32_MAX ? lun_syscall_name((uint32_t)v) : NULL;

	if (name)
		lun_out_str(out, name);
	return name != NULL;
}

static bool usym(struct lun_resolver *r, uint32_t pid, uint64_t address, struct lun_out *out)
{
	if (!r->usyms)
		r->usyms = lun_usyms_new();
	return r->usyms && lun_usym_name(r->usyms, pid, address, out);
}

static void frame_name(struct lun_resolver *r, uint32_t pid, uint64_t address, struct lun_out *out)
{
	bool named = pid ? usym(r, pid, address, out) : lun_ksym_name(address, out);

	if (!named)
		lun_out_printf(out, "0x%llx", (unsigned long long)address);
}

static void build_id_frame(struct lun_resolver *r, const uint8_t *frame, struct lun_out *out)
{
	struct bpf_stack_build_id of;

	memcpy(&of, frame, sizeof(of));
	if (!r->build_ids)
		r->build_ids = lun_build_ids_new();
	if (of.status == BPF_STACK_BUILD_ID_VALID)
		lun_build_id_name(r->build_ids, of.build_id, of.offset, out);
	else
		lun_out_printf(out, "0x%llx", (unsigned long long)of.ip);
}

/* Names the frames of a stack; pid 0: a kernel stack. */
static bool name_stack(
	struct lun_resolver *r, uint32_t map_id, uint32_t pid, uint32_t id, struct lun_out *out)
{
	uint8_t frames[MAX_FRAMES * sizeof(struct bpf_stack_build_id)] = { 0 };
	uint32_t each;
	struct lun_map map;
	bool found, by_build_id;

	if (lun_map_open_id(&map, map_id))
		return false;
	by_build_id = map.info.map_flags & BPF_F_STACK_BUILD_ID;
	each = by_build_id ? sizeof(struct bpf_stack_build_id) : sizeof(uint64_t);
	found = map.info.type == BPF_MAP_TYPE_STACK_TRACE && map.value_bytes <= sizeof(frames) &&
		!lun_map_lookup(&map, &id, frames);
	lun_map_close(&map);
	for (uint32_t i = 0; found && i < MAX_FRAMES; i++) {
		const uint8_t *frame = frames + i * each;
		uint64_t address = lun_load(frame, by_build_id ? 4 : 8, false);

		if (!address)
			break;
		if (i)
			lun_out_char(out, ';');
		if (by_build_id)
			build_id_frame(r, frame, out);
		else
			frame_name(r, pid, address, out);
	}
	return found;
}

static bool find_name(
	struct lun_resolver *r, uint8_t kind, uint32_t map, uint64_t v, struct lun_out *out)
{
	switch (kind) {
	case LUN_K_IFINDEX:
		return name_ifindex(v, out);
	case LUN_K_PID:
		return name_pid(v, out);
	case LUN_K_CGROUP:
		return name_cgroup(v, out);
	case LUN_K_DEV:
		return name_dev(v, out);
	case LUN_K_PROG:
		return name_prog(v, out);
	case LUN_K_MAP:
		return name_map(v, out);
	case LUN_K_SYSCALL:
		return name_syscall(v, out);
	case LUN_K_KSYM:
		return lun_ksym_name(v, out);
	case LUN_K_STACK:
		return name_stack(r, map, 0, (uint32_t)v, out);
	case LUN_K_USTACK: /* the id and the process, as bytes */
		return name_stack(r, map, (uint32_t)(v >> 32), (uint32_t)v, out);
	case LUN_K_USYM: /* the process id is stored in the map's field */
		return usym(r, map, v, out);
	default:
		return false;
	}
}

static struct slot *slot_of(struct lun_ctx *ctx, uint8_t kind, uint32_t map, uint64_t v)
{
	uint64_t hash = (v ^ (uint64_t)kind << 56 ^ (uint64_t)map << 32) * 0x9e3779b97f4a7c15;

	if (!ctx->resolver)
		ctx->resolver = calloc(1, sizeof(*ctx->resolver));
	return ctx->resolver ? &ctx->resolver->slots[hash >> 55] : NULL;
}

static void fill(struct lun_resolver *r, struct slot *slot, uint8_t kind, uint32_t map, uint64_t v,
	uint64_t now)
{
	struct lun_out name;
	bool found;

	lun_out_init(&name);
	found = find_name(r, kind, map, v, &name);
	lun_out_char(&name, '\0');
	free(slot->name);
	*slot = (struct slot){ .number = v, .until = now + FRESH_NS, .map = map, .kind = kind };
	if (found && !name.err)
		slot->name = name.data;
	else
		lun_out_free(&name);
}

static bool resolve(
	struct lun_ctx *ctx, uint8_t kind, uint32_t map, uint64_t v, struct lun_out *out)
{
	struct slot *slot = slot_of(ctx, kind, map, v);
	uint64_t now = lun_clock_ns(CLOCK_MONOTONIC_COARSE);

	if (!slot)
		return false;
	if (slot->until < now || slot->number != v || slot->kind != kind || slot->map != map)
		fill(ctx->resolver, slot, kind, map, v, now);
	if (slot->name)
		lun_out_str(out, slot->name);
	return slot->name != NULL;
}

bool lun_resolve(struct lun_ctx *ctx, uint8_t kind, uint64_t v, struct lun_out *out)
{
	return resolve(ctx, kind, 0, v, out);
}

bool lun_resolve_stack(struct lun_ctx *ctx, uint32_t map_id, uint64_t id, struct lun_out *out)
{
	return resolve(ctx, LUN_K_STACK, map_id, id, out);
}

bool lun_resolve_ustack(
	struct lun_ctx *ctx, uint32_t map_id, uint32_t pid, uint32_t id, struct lun_out *out)
{
	return resolve(ctx, LUN_K_USTACK, map_id, (uint64_t)pid << 32 | id, out);
}

bool lun_resolve_usym(struct lun_ctx *ctx, uint32_t pid, uint64_t address, struct lun_out *out)
{
	return resolve(ctx, LUN_K_USYM, pid, address, out);
}

void lun_resolve_build_id(struct lun_ctx *ctx, const uint8_t *frame, struct lun_out *out)
{
	if (!ctx->resolver)
		ctx->resolver = calloc(1, sizeof(*ctx->resolver));
	if (ctx->resolver)
		build_id_frame(ctx->resolver, frame, out);
}
