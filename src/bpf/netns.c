#include "bpf/netns.h"

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

/* Mounts of type nsfs whose root is "net:[…]": what `ip netns add` leaves. */
static void add_mounts(struct lun_out *out)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[8192], root[64], path[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %63s %255s", root, path) == 2 &&
			!strncmp(root, "net:[", 5))
			add(out, path);
	if (f)
		fclose(f);
}

static void add_processes(struct lun_out *out)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/net", entry->d_name);
		add(out, path);
	}
	if (proc)
		closedir(proc);
}

int lun_netns_list(struct lun_out *out)
{
	add(out, "/proc/self/ns/net");
	add_mounts(out); /* before processes: a name says more than a process id */
	add_processes(out);
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
