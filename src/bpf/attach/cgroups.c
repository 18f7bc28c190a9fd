#include "bpf/attach/cgroups.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/host/cgroup_tree.h"

/* A cgroup has at most 64 programs of a type attached; inherited ones can add to the effective
 * list. */
enum { DEPTH_MAX = 64, PROGS_MAX = 64, EFFECTIVE_MAX = 1024 };

/* Attach types of cgroups. Those for Unix sockets are newer than some headers. */
static const uint32_t types[] = {
	BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS, BPF_CGROUP_INET_SOCK_CREATE,
	BPF_CGROUP_INET_SOCK_RELEASE, BPF_CGROUP_SOCK_OPS, BPF_CGROUP_DEVICE, BPF_CGROUP_INET4_BIND,
	BPF_CGROUP_INET6_BIND, BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND,
	BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_INET4_GETPEERNAME,
	BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME,
	BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UDP4_RECVMSG,
	BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_SYSCTL, BPF_CGROUP_GETSOCKOPT, BPF_CGROUP_SETSOCKOPT,
	BPF_LSM_CGROUP, 49, /* unix connect */
	50,                 /* unix sendmsg */
	51,                 /* unix recvmsg */
	52,                 /* unix getpeername */
	53,                 /* unix getsockname */
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

/* A cgroup on the path from the root to the current one. */
struct level {
	uint64_t id;
	size_t path;        /* offset of its path in the text; SIZE_MAX until it is written there */
	size_t first, last; /* its rows */
};

struct walk {
	struct lun_cgroup_progs *progs;
	bool effective;
	bool refused[TYPES]; /* set when the kernel does not know the type, which is asked once */
	bool denied;         /* we may not ask at all */
	struct level levels[DEPTH_MAX + 1];
	char path[4096]; /* below the root; "" for the root itself */
};

/* Writes the cgroup's path once for all of its rows. */
static size_t path_at(struct walk *walk, struct level *level)
{
	struct lun_out *text = &walk->progs->text;

	if (level->path == SIZE_MAX) {
		level->path = text->len;
		lun_out_str(text, walk->path[0] ? walk->path : "/");
		lun_out_char(text, 0);
	}
	return level->path;
}

static void add_row(struct walk *walk, int depth, const struct lun_cgroup_prog *base)
{
	struct level *level = &walk->levels[depth];
	struct lun_cgroup_prog row = *base;

	row.cgroup_id = level->id;
	row.path = path_at(walk, level);
	lun_out_mem(&walk->progs->rows, &row, sizeof(row));
	level->last = walk->progs->rows.len / sizeof(row);
}

/* The row of a program attached to this very cgroup; NULL when it is inherited. */
static const struct lun_cgroup_prog *own_row(
	const struct walk *walk, const struct level *level, uint32_t type, uint32_t prog)
{
	const struct lun_cgroup_prog *rows = (void *)walk->progs->rows.data;

	for (size_t i = level->first; i < level->last; i++)
		if (rows[i].attach_type == type && rows[i].prog_id == prog && !rows[i].inherited)
			return &rows[i];
	return NULL;
}

/* The nearest cgroup at this depth or above with the program attached, after skipping `skip`
 * others. */
static const struct lun_cgroup_prog *source_of(
	const struct walk *walk, int depth, uint32_t type, uint32_t prog, int skip)
{
	const struct lun_cgroup_prog *row;

	for (; depth >= 0; depth--) {
		row = own_row(walk, &walk->levels[depth], type, prog);
		if (row && !skip--)
			return row;
	}
	return NULL;
}

/*
 * BPF_PROG_QUERY. Returns the number of programs. A type that the kernel does not know is asked
 * only once. A cgroup that refuses the query, because it is being removed, has no programs.
 */
static uint32_t ask(struct walk *walk, int fd, int type, bool effective, uint32_t *progs,
	uint32_t max, uint32_t *flags)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = progs, .prog_cnt = max);
	uint32_t prog_flags[PROGS_MAX];

	if (effective)
		opts.query_flags = BPF_F_QUERY_EFFECTIVE;
	else if (types[type] == BPF_LSM_CGROUP) /* filled only when asked for */
		opts.prog_attach_flags = prog_flags;
	if (bpf_prog_query_opts(fd, types[type], &opts)) {
		walk->refused[type] = errno == EINVAL || errno == ENOTSUP;
		walk->denied |= errno == EPERM;
		return errno == ENOSPC ? max : 0;
	}
	*flags = opts.attach_flags;
	return opts.prog_cnt;
}

static void add_own(struct walk *walk, int fd, int depth, int type)
{
	struct lun_cgroup_prog row = { .attach_type = types[type] };
	uint32_t progs[PROGS_MAX], n;

	n = ask(walk, fd, type, false, progs, PROGS_MAX, &row.attach_flags);
	for (uint32_t i = 0; i < n; i++) {
		row.prog_id = progs[i];
		add_row(walk, depth, &row);
	}
}

/* Adds inherited programs. A program attached to several ancestors is listed once for each. */
static void add_inherited(
	struct walk *walk, int depth, uint32_t type, const uint32_t *progs, uint32_t n)
{
	const struct lun_cgroup_prog *source;
	struct lun_cgroup_prog row;
	int before;

	for (uint32_t i = 0; i < n; i++) {
		before = 0;
		for (uint32_t j = 0; j < i; j++)
			before += progs[j] == progs[i];
		source = source_of(walk, depth, type, progs[i], before);
		row = (struct lun_cgroup_prog){ .attach_type = type, .prog_id = progs[i] };
		if (source) {
			row.attach_flags = source->attach_flags;
			row.from_id = source->cgroup_id;
			row.from_path = source->path;
		}
		row.inherited = row.from_id != walk->levels[depth].id;
		if (row.inherited)
			add_row(walk, depth, &row);
	}
}

/* A program attached to a cgroup is also effective there, so a cgroup without effective programs
 * needs no second query. */
static void query(struct walk *walk, int fd, int depth)
{
	uint32_t progs[EFFECTIVE_MAX], n, flags;

	for (int i = 0; i < TYPES; i++) {
		if (walk->refused[i])
			continue;
		if (!walk->effective) {
			add_own(walk, fd, depth, i);
			continue;
		}
		n = ask(walk, fd, i, true, progs, EFFECTIVE_MAX, &flags);
		if (n)
			add_own(walk, fd, depth, i);
		add_inherited(walk, depth, types[i], progs, n);
	}
}

static void begin(struct walk *walk, int depth, uint64_t id)
{
	size_t rows = walk->progs->rows.len / sizeof(struct lun_cgroup_prog);

	walk->levels[depth] = (struct level){ id, SIZE_MAX, rows, rows };
}

static void visit(struct walk *walk, int parent, const char *name, int depth);

static void visit_children(struct walk *walk, DIR *dir, int depth)
{
	size_t len = strlen(walk->path), room = sizeof(walk->path) - len;
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(walk->path + len, room, "/%s", entry->d_name) < room)
			visit(walk, dirfd(dir), entry->d_name, depth + 1);
		walk->path[len] = 0;
	}
}

static void visit(struct walk *walk, int parent, const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	begin(walk, depth, fstat(fd, &st) ? 0 : st.st_ino);
	query(walk, fd, depth);
	if (depth < DEPTH_MAX)
		visit_children(walk, dir, depth);
	closedir(dir);
}

int lun_cgroup_progs(bool effective, struct lun_cgroup_progs *progs)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	bool denied;
	int root;

	lun_out_init(&progs->rows);
	lun_out_init(&progs->text);
	if (!walk)
		return -ENOMEM;
	root = lun_cgroup_open_root();
	walk->progs = progs;
	walk->effective = effective;
	if (root >= 0) {
		visit(walk, root, ".", 0);
		close(root);
	}
	denied = walk->denied;
	free(walk);
	if (root < 0)
		return root;
	if (denied && !progs->rows.len)
		return -EPERM;
	return progs->rows.err ? progs->rows.err : progs->text.err;
}

void lun_cgroup_progs_free(struct lun_cgroup_progs *progs)
{
	lun_out_free(&progs->rows);
	lun_out_free(&progs->text);
}
