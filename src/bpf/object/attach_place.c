#include "bpf/object/attach_place.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

static struct bpf_link *attach_interface(struct bpf_program *prog, const struct lun_place *place)
{
	unsigned int ifindex = if_nametoindex(place->target);

	return ifindex ? bpf_program__attach_xdp(prog, (int)ifindex) : NULL;
}

static struct bpf_link *attach_cgroup(struct bpf_program *prog, const struct lun_place *place)
{
	int fd = open(place->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	struct bpf_link *link;

	if (fd < 0)
		return NULL;
	link = bpf_program__attach_cgroup(prog, fd);
	err = errno;
	close(fd);
	errno = err;
	return link;
}

static struct bpf_link *attach_kprobe(struct bpf_program *prog, const struct lun_place *place)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .bpf_cookie = place->cookie, .offset = place->offset,
		.retprobe = place->returns);

	return bpf_program__attach_kprobe_opts(prog, place->target, &opts);
}

static struct bpf_link *attach_kprobes(struct bpf_program *prog, const struct lun_place *place)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = place->functions,
		.cnt = place->nr_functions, .cookies = place->cookies, .retprobe = place->returns);

	return bpf_program__attach_kprobe_multi_opts(prog, NULL, &opts);
}

static struct bpf_link *attach_uprobe(struct bpf_program *prog, const struct lun_place *place)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = place->cookie, .func_name = place->name,
		.retprobe = place->returns);

	return bpf_program__attach_uprobe_opts(
		prog, place->pid, place->target, place->offset, &opts);
}

static struct bpf_link *attach_usdt(struct bpf_program *prog, const struct lun_place *place)
{
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = place->cookie);

	return bpf_program__attach_usdt(
		prog, place->pid, place->target, place->group, place->name, &opts);
}

static struct bpf_link *attach_tracepoint(struct bpf_program *prog, const struct lun_place *place)
{
	LIBBPF_OPTS(bpf_tracepoint_opts, opts, .bpf_cookie = place->cookie);

	return bpf_program__attach_tracepoint_opts(prog, place->group, place->name, &opts);
}

static struct bpf_link *attach_raw(struct bpf_program *prog, const struct lun_place *place)
{
	return bpf_program__attach_raw_tracepoint(prog, place->target);
}

static struct bpf_link *(*const attach[LUN_PLACES])(
	struct bpf_program *prog, const struct lun_place *place) = {
	[LUN_AT_INTERFACE] = attach_interface,
	[LUN_AT_CGROUP] = attach_cgroup,
	[LUN_AT_KPROBE] = attach_kprobe,
	[LUN_AT_KPROBES] = attach_kprobes,
	[LUN_AT_UPROBE] = attach_uprobe,
	[LUN_AT_USDT] = attach_usdt,
	[LUN_AT_TRACEPOINT] = attach_tracepoint,
	[LUN_AT_RAW_TRACEPOINT] = attach_raw,
};

int lun_object_attach_at(
	struct lun_object *o, struct bpf_program *prog, const struct lun_place *place)
{
	struct bpf_link *link;
	int err;

	lun_object_begin(o);
	if (place->kind == LUN_AT_PERF_EVENT) {
		err = lun_object_attach_perf(o, prog, &place->perf);
	} else {
		link = attach[place->kind](prog, place);
		err = link ? lun_object_add_link(o, link) : -errno;
	}
	return lun_object_end(o, err);
}

bool lun_place_takes(enum lun_place_kind kind, const struct bpf_program *prog)
{
	enum bpf_prog_type type = bpf_program__type(prog);

	if (!bpf_program__autoload(prog))
		return false;
	switch (kind) {
	case LUN_AT_INTERFACE:
		return type == BPF_PROG_TYPE_XDP;
	case LUN_AT_PERF_EVENT:
		return type == BPF_PROG_TYPE_PERF_EVENT;
	case LUN_AT_CGROUP:
		return type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_CGROUP_SOCK ||
			type == BPF_PROG_TYPE_CGROUP_DEVICE ||
			type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ||
			type == BPF_PROG_TYPE_CGROUP_SYSCTL ||
			type == BPF_PROG_TYPE_CGROUP_SOCKOPT || type == BPF_PROG_TYPE_SOCK_OPS;
	default:
		return false;
	}
}
