#include "bpf/object/load.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object/btf_load.h"

enum { LOG_MAX = 1 << 20 };

/* Receives this thread's libbpf messages; NULL drops them. */
static _Thread_local struct lun_out *capture;

/* A message may be the verifier's whole log, whose end says what is wrong. */
static int keep_message(enum libbpf_print_level level, const char *fmt, va_list args)
{
	va_list again;
	char *room;
	int n;

	if (!capture || level == LIBBPF_DEBUG || capture->len > LOG_MAX)
		return 0;
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	room = n > 0 ? lun_out_reserve(capture, (size_t)n + 1) : NULL;
	if (room) {
		vsnprintf(room, (size_t)n + 1, fmt, args);
		capture->len += (size_t)n;
	}
	return 0;
}

static void route_messages(void)
{
	libbpf_set_print(keep_message);
}

void lun_load_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, route_messages);
}

void lun_object_begin(struct lun_object *o)
{
	lun_load_init();
	lun_out_reset(&o->log);
	capture = &o->log;
}

int lun_object_end(struct lun_object *o, int err)
{
	capture = NULL;
	if (err >= 0)
		lun_out_reset(&o->log);
	return err;
}

static int open_object(struct lun_object *o, const char *path, const char *name)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name);
	char why[LUN_BTF_WHY];
	int err = lun_btf_verify_file(path, why);

	if (err) {
		lun_out_str(&o->log, why);
		return err;
	}
	o->obj = bpf_object__open_file(path, &opts);
	if (!o->obj)
		return -errno;
	lun_sections_prepare(o->obj);
	return 0;
}

static int open_and_load(struct lun_object *o, const char *path, const char *name,
	lun_object_prepare_fn prepare, void *ctx)
{
	int err = open_object(o, path, name);

	if (err)
		return err;
	err = prepare ? prepare(ctx, o->obj) : 0;
	if (!err)
		err = bpf_object__load(o->obj);
	if (!err)
		return 0;
	bpf_object__close(o->obj);
	o->obj = NULL;
	return err;
}

int lun_object_read(struct lun_object *o, const char *path)
{
	memset(o, 0, sizeof(*o));
	lun_out_init(&o->log);
	lun_object_begin(o);
	return lun_object_end(o, open_object(o, path, NULL));
}

int lun_object_load(struct lun_object *o, const char *path, const char *name,
	lun_object_prepare_fn prepare, void *ctx)
{
	memset(o, 0, sizeof(*o));
	lun_out_init(&o->log);
	lun_object_begin(o);
	return lun_object_end(o, open_and_load(o, path, name, prepare, ctx));
}

int lun_object_add_link(struct lun_object *o, struct bpf_link *link)
{
	struct bpf_link **links =
		realloc(o->links, (o->link_count + 1) * sizeof(struct bpf_link *));

	if (!links) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	o->links = links;
	o->links[o->link_count++] = link;
	return 0;
}

void lun_object_detach_from(struct lun_object *o, size_t first)
{
	while (o->link_count > first)
		bpf_link__destroy(o->links[--o->link_count]);
}

static int attach_xdp(struct lun_object *o, struct bpf_program *prog, int ifindex)
{
	struct bpf_link *link = bpf_program__attach_xdp(prog, ifindex);

	return link ? lun_object_add_link(o, link) : -errno;
}

static int attach_named(struct lun_object *o, struct bpf_program *prog, const char *interface)
{
	unsigned int ifindex = if_nametoindex(interface);

	if (ifindex)
		return attach_xdp(o, prog, (int)ifindex);
	lun_out_printf(&o->log, "section %s: there is no interface '%s'\n",
		bpf_program__section_name(prog), interface);
	return -ENODEV;
}

static int attach_on_cpu(
	struct lun_object *o, struct bpf_program *prog, const struct lun_perf_spec *spec, int cpu)
{
	int fd = lun_perf_open(spec, cpu);
	struct bpf_link *link;

	if (fd < 0)
		return fd;
	link = bpf_program__attach_perf_event(prog, fd);
	if (link)
		return lun_object_add_link(o, link);
	close(fd);
	return -errno;
}

/* Says why an event can't be opened where the kernel's error alone doesn't. */
static void say_no_event(struct lun_object *o, const struct lun_perf_spec *spec, int err)
{
	bool hardware = spec->type == PERF_TYPE_HARDWARE || spec->type == PERF_TYPE_HW_CACHE ||
		spec->type == PERF_TYPE_RAW;

	if (err != -ENOENT && err != -ENODEV && err != -EOPNOTSUPP && err != -EINVAL)
		return;
	if (hardware)
		lun_out_str(&o->log,
			"this machine has no such hardware counter; most virtual "
			"machines have none\n");
	else
		lun_out_printf(&o->log, "this kernel has no perf event of type %u, config %llu\n",
			spec->type, (unsigned long long)spec->config);
}

int lun_object_attach_perf(
	struct lun_object *o, struct bpf_program *prog, const struct lun_perf_spec *spec)
{
	size_t before = o->link_count;
	int cpus = libbpf_num_possible_cpus(), err = cpus < 0 ? cpus : 0;

	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		err = attach_on_cpu(o, prog, spec, cpu);
		if (err == -ENODEV) /* it is off */
			err = 0;
	}
	if (!err && o->link_count == before)
		err = -ENODEV;
	if (err) {
		say_no_event(o, spec, err);
		lun_object_detach_from(o, before);
	}
	return err;
}

static int attach_one(struct lun_object *o, struct bpf_program *prog)
{
	const char *interface = lun_section_interface(prog);
	struct lun_perf_spec spec;
	struct bpf_link *link;
	int perf;

	if (interface)
		return attach_named(o, prog, interface);
	perf = lun_section_perf(prog, &spec, &o->log);
	if (perf)
		return perf < 0 ? perf : lun_object_attach_perf(o, prog, &spec);
	link = bpf_program__attach(prog);
	return link ? lun_object_add_link(o, link) : -errno;
}

int lun_object_attach_prog(struct lun_object *o, struct bpf_program *prog)
{
	lun_object_begin(o);
	return lun_object_end(o, attach_one(o, prog));
}

/* True when the section does not say where to attach: libbpf then fails without a message. When the
 * kernel refuses an attachment, libbpf logs a message. */
static bool says_nowhere(const struct lun_object *o, int err, size_t said)
{
	return err == -EOPNOTSUPP && o->log.len == said;
}

static int attach_all(struct lun_object *o)
{
	struct bpf_program *prog;
	int n = 0, err;
	size_t said;

	bpf_object__for_each_program(prog, o->obj)
	{
		if (!bpf_program__autoload(prog) || !bpf_program__autoattach(prog))
			continue;
		said = o->log.len;
		err = attach_one(o, prog);
		if (err && !says_nowhere(o, err, said))
			return err;
		n += !err;
	}
	return n;
}

int lun_object_attach(struct lun_object *o)
{
	size_t before = o->link_count;
	int n;

	lun_object_begin(o);
	n = attach_all(o);
	if (n < 0)
		lun_object_detach_from(o, before);
	return lun_object_end(o, n);
}

void lun_object_detach(struct lun_object *o)
{
	lun_object_detach_from(o, 0);
	free(o->links);
	o->links = NULL;
}

void lun_object_close(struct lun_object *o)
{
	lun_object_detach(o);
	bpf_object__close(o->obj);
	o->obj = NULL;
	lun_out_free(&o->log);
}
