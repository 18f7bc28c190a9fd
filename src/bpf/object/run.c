#include "bpf/object/run.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bpf/object/object.h"

/* A program may make a packet longer, by a tunnel's header for example. */
enum { ROOM = 4096 };

static uint32_t type_of(int fd)
{
	struct bpf_prog_info k;

	memset(&k, 0, sizeof(k));
	lun_object_info(fd, &k, sizeof(k));
	return k.type;
}

static int reserve(struct lun_out *out, size_t size)
{
	return size && !lun_out_reserve(out, size) ? -ENOMEM : 0;
}

static bool is_raw_tracepoint(uint32_t type)
{
	return type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
		type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
}

/* Sets the context. A raw tracepoint's arguments are not returned, a syscall program's memory is
 * changed in place, and other types return a copy. */
static int set_context(struct bpf_test_run_opts *opts, struct lun_run *run, uint32_t type)
{
	if (reserve(&run->context_output, run->context_size))
		return -ENOMEM;
	opts->ctx_in = run->context;
	opts->ctx_size_in = (uint32_t)run->context_size;
	if (is_raw_tracepoint(type) || !run->context_size)
		return 0;
	if (type == BPF_PROG_TYPE_SYSCALL) {
		lun_out_mem(&run->context_output, run->context, run->context_size);
		opts->ctx_in = run->context_output.data;
		return 0;
	}
	opts->ctx_out = run->context_output.data;
	opts->ctx_size_out = (uint32_t)run->context_size;
	return 0;
}

int lun_prog_run(int fd, struct lun_run *run)
{
	size_t room = run->data ? run->data_size + ROOM : 0;
	uint32_t type = type_of(fd);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run->data,
		.data_size_in = (uint32_t)run->data_size);

	lun_out_init(&run->output);
	lun_out_init(&run->context_output);
	if (run->repeat > 1 && (is_raw_tracepoint(type) || type == BPF_PROG_TYPE_SYSCALL))
		return -ERANGE;
	if (reserve(&run->output, room) || set_context(&opts, run, type))
		return -ENOMEM;
	opts.data_out = run->output.data;
	opts.data_size_out = (uint32_t)room;
	opts.repeat = run->repeat > 1 ? (int)run->repeat : 0; /* not by all types */
	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	if (run->data)
		run->output.len = opts.data_size_out;
	if (opts.ctx_out)
		run->context_output.len = opts.ctx_size_out;
	run->result = opts.retval;
	run->duration_ns = opts.duration;
	return 0;
}
