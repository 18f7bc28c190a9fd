#include "bpf/object/verify.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/object/load.h"

enum { LOG_BYTES = 16 << 20, LOG_STATS = 4, LOG_PATHS = 1 };

struct verifying {
	char *log;
	const char *name; /* of the program that is loaded */
	int level;
	struct lun_verified *out;
};

/* Leaves one program, whose log goes to ours. */
static int choose(void *ctx, struct bpf_object *obj)
{
	struct verifying *v = ctx;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
	{
		bool mine = !strcmp(bpf_program__name(prog), v->name);

		bpf_program__set_autoload(prog, mine);
		if (!mine)
			continue;
		bpf_program__set_log_buf(prog, v->log, LOG_BYTES);
		bpf_program__set_log_level(prog, (uint32_t)v->level);
	}
	return 0;
}

/* The number behind a word of the log. */
static uint64_t number_after(const char *log, const char *word)
{
	const char *at = strstr(log, word);

	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

static void read_stats(const char *log, struct lun_verified *out)
{
	const char *stack = strstr(log, "stack depth ");

	out->time_us = number_after(log, "verification time ");
	out->processed = number_after(log, "processed ");
	out->max_states = number_after(log, "max_states_per_insn ");
	out->total_states = number_after(log, "total_states ");
	out->peak_states = number_after(log, "peak_states ");
	out->mark_read = number_after(log, "mark_read ");
	if (stack)
		snprintf(out->stack, sizeof(out->stack), "%.*s", (int)strcspn(stack + 12, "\n"),
			stack + 12);
}

static void read_sizes(const struct bpf_program *prog, struct lun_verified *out)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return;
	out->xlated = info.xlated_prog_len;
	out->jited = info.jited_prog_len;
}

/* Loads the program once; the log's level tells what the log shall hold. */
static int try_load(struct verifying *v, const char *path, struct lun_object *o, int level)
{
	v->level = level;
	v->log[0] = '\0';
	return lun_object_load(o, path, NULL, choose, v);
}

/* Loads one program; tells of it. */
static bool verify_one(struct verifying *v, const char *path, lun_verified_fn fn, void *user)
{
	struct lun_out both;
	struct lun_object o;
	bool more;

	lun_out_init(&both);
	v->out->err = try_load(v, path, &o, LOG_STATS);
	if (!v->out->err) {
		read_stats(v->log, v->out);
		read_sizes(bpf_object__find_program_by_name(o.obj, v->name), v->out);
	} else { /* again, for the verifier's reasons */
		lun_object_close(&o);
		v->out->err = try_load(v, path, &o, LOG_PATHS);
		lun_out_str(&both, v->log);
		if (o.log.len)
			lun_out_mem(&both, o.log.data, o.log.len);
		lun_out_char(&both, '\0');
		v->out->log = both.data;
	}
	more = fn(user, v->out);
	lun_object_close(&o);
	lun_out_free(&both);
	return more;
}

static int verify_all(struct bpf_object *obj, struct verifying *v, const char *path,
	const char *only, lun_verified_fn fn, void *user)
{
	struct bpf_program *prog;
	int nr = 0;

	bpf_object__for_each_program(prog, obj)
	{
		struct lun_verified out = { .name = bpf_program__name(prog),
			.section = bpf_program__section_name(prog),
			.type = bpf_program__type(prog),
			.insns = bpf_program__insn_cnt(prog) };

		if (only && strcmp(only, out.name))
			continue;
		nr++;
		v->name = out.name;
		v->out = &out;
		if (!verify_one(v, path, fn, user))
			break;
	}
	return nr || !only ? 0 : -ENOENT;
}

int lun_object_verify(
	const char *path, const char *only, lun_verified_fn fn, void *user, struct lun_out *log)
{
	struct verifying v = { .log = malloc(LOG_BYTES) };
	struct lun_object o;
	int err = v.log ? lun_object_read(&o, path) : -ENOMEM;

	if (!v.log)
		return err;
	if (err)
		lun_out_mem(log, o.log.data ? o.log.data : "", o.log.len);
	else
		err = verify_all(o.obj, &v, path, only, fn, user);
	lun_object_close(&o);
	free(v.log);
	return err;
}
