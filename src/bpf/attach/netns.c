#include "bpf/attach/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/host/mounts.h"
#include "bpf/attach/owners.h"

static bool known(const struct lun_out *out, uint64_t ino)
{
	const struct lun_netns *list = (void *)out->data;

	for (size_t i = 0; i < out->len / sizeof(*list); i++)
		if (list[i].ino == ino)
			return true;
	return false;
}

static void add(struct lun_out *out, const char *path)
{
	struct lun_netns ns = { 0 };
	struct stat st;

	if (strlen(path) >= sizeof(ns.path) || stat(path, &st) || known(out, st.st_ino))
		return;
	ns.ino = st.st_ino;
	strcpy(ns.path, path);
	lun_out_mem(out, &ns, sizeof(ns));
}

/* Adds a mounted namespace, as `ip netns add` and container runtimes make them. */
static int add_mount(void *ctx, const struct lun_mount *mount)
{
	if (!strncmp(mount->root, "net:[", 5))
		add(ctx, mount->path);
	return 0;
}

/* Adds the other threads of a process. Most processes have one thread: their task directory has two
 * links. */
static void add_threads(struct lun_out *out, const char *process)
{
	struct dirent *entry;
	char path[128];
	struct stat st;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%.20s/task", process);
	if (stat(path, &st) || st.st_nlink <= 3)
		return;
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !strcmp(entry->d_name, process))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/task/%.20s/ns/net", process,
			entry->d_name);
		add(out, path);
	}
	if (tasks)
		closedir(tasks);
}

static void add_process(struct lun_out *out, const char *process)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", process);
	add(out, path);
}

static void each_process(struct lun_out *out, void (*visit)(struct lun_out *, const char *))
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			visit(out, entry->d_name);
	if (proc)
		closedir(proc);
}

/* An open descriptor may be a namespace of any kind; its link's name tells which. */
static void add_record(struct lun_out *out, const struct lun_owner_record *record)
{
	char path[64], name[64];

	if (record->kind == LUN_OWNER_THREAD) {
		snprintf(path, sizeof(path), "/proc/%u/task/%u/ns/net", record->pid, record->fd);
		add(out, path);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%u/fd/%u", record->pid, record->fd);
	if (readlink(path, name, sizeof(name)) > 5 && !strncmp(name, "net:[", 5))
		add(out, path);
}

/*
 * A running Lunette opens namespaces for a moment. Such a descriptor, ours or another Lunette's, is
 * no lasting path to the namespace.
 */
static bool is_transient(const struct lun_owner_record *record)
{
	return record->pid == (unsigned int)getpid() ||
		!strncmp(record->comm, program_invocation_short_name, sizeof(record->comm) - 1);
}

/* Namespaces of threads and open descriptors, found by iterators, which are fast. */
static int add_held(struct lun_out *out)
{
	const struct lun_owner_record *records;
	struct lun_out held;
	int err;

	lun_out_init(&held);
	err = lun_owners_of_namespaces(&held);
	records = (void *)held.data;
	for (size_t i = 0; i < held.len / sizeof(*records); i++)
		if (!known(out, records[i].id) && !is_transient(&records[i]))
			add_record(out, &records[i]);
	lun_out_free(&held);
	return err;
}

int lun_netns_list(struct lun_out *out)
{
	add(out, "/proc/self/ns/net");
	/* The first path found is kept: a mount's name, then a process, a thread, a descriptor. */
	lun_mounts_everywhere("nsfs", add_mount, out);
	each_process(out, add_process);
	if (add_held(out))
		each_process(out, add_threads);
	return out->err;
}

struct visits {
	const struct lun_netns *list;
	size_t n;
	int (*visit)(void *ctx, const struct lun_netns *ns, int fd);
	void *ctx;
	int err;
};

static int visit_one(struct visits *v, const struct lun_netns *ns)
{
	int fd = open(ns->path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return 0;
	if (!setns(fd, CLONE_NEWNET))
		err = v->visit(v->ctx, ns, fd);
	close(fd);
	return err;
}

static void *visit_all(void *arg)
{
	struct visits *v = arg;

	for (size_t i = 0; i < v->n && v->err >= 0; i++)
		v->err = visit_one(v, &v->list[i]);
	return NULL;
}

int lun_netns_each(int (*visit)(void *ctx, const struct lun_netns *ns, int fd), void *ctx)
{
	struct visits v = { .visit = visit, .ctx = ctx };
	struct lun_out list;
	pthread_t thread;
	int err;

	lun_out_init(&list);
	err = lun_netns_list(&list);
	v.list = (void *)list.data;
	v.n = list.len / sizeof(*v.list);
	if (!err)
		err = -pthread_create(&thread, NULL, visit_all, &v);
	if (!err)
		pthread_join(thread, NULL);
	lun_out_free(&list);
	return err ? err : v.err < 0 ? v.err : 0;
}
