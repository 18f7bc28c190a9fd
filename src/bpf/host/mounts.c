#include "bpf/host/mounts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text/out.h"

/* Decodes "\040" (a space) and the like in place. */
static void decode(char *text)
{
	char *to = text;

	for (const char *at = text; *at; to++) {
		if (at[0] == '\\' && at[1] && at[2] && at[3]) {
			*to = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = 0;
}

/* Parses a line "ID PARENT DEV ROOT PATH OPTIONS [TAGS…] - TYPE SOURCE OPTIONS". */
static bool parse(char *line, struct lun_mount *mount)
{
	char *rest = strstr(line, " - "), *fields[5], *saved = NULL;

	if (!rest)
		return false;
	*rest = 0;
	for (int i = 0; i < 5; i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &saved);
		if (!fields[i])
			return false;
	}
	decode(fields[3]);
	decode(fields[4]);
	mount->root = fields[3];
	mount->path = fields[4];
	mount->type = strtok_r(rest + 3, " ", &saved);
	return mount->type != NULL;
}

struct search {
	const char *type;
	lun_mount_fn found;
	void *ctx;
};

static int visit_line(const struct search *search, char *line, const char *prefix)
{
	struct lun_mount mount;
	char path[4352];

	if (!parse(line, &mount) || strcmp(mount.type, search->type))
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s%s", prefix, mount.path) >= sizeof(path))
		return 0;
	mount.path = path;
	return search->found(search->ctx, &mount);
}

/* Visits the mounts that a process sees; `prefix` is the path of its root. */
static int visit_table(const struct search *search, const char *process, const char *prefix)
{
	char path[64], *line = NULL;
	size_t room = 0;
	int stop = 0;
	FILE *table;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", process);
	table = fopen(path, "re");
	if (!table)
		return -errno;
	while (!stop && getline(&line, &room, table) > 0)
		stop = visit_line(search, line, prefix);
	free(line);
	fclose(table);
	return stop;
}

int lun_mounts(const char *type, lun_mount_fn found, void *ctx)
{
	struct search search = { type, found, ctx };

	return visit_table(&search, "self", "");
}

/* True when the process's mount namespace was not seen before; adds it. */
static bool is_new(struct lun_out *seen, const char *process)
{
	const uint64_t *known;
	uint64_t ino;
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", process);
	if (stat(path, &st))
		return false;
	ino = st.st_ino;
	known = (void *)seen->data;
	for (size_t i = 0; i < seen->len / sizeof(ino); i++)
		if (known[i] == ino)
			return false;
	lun_out_mem(seen, &ino, sizeof(ino));
	return true;
}

static int visit_others(const struct search *search, struct lun_out *seen)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char prefix[64];
	int stop = 0;

	if (!proc)
		return -errno;
	while (stop <= 0 && !seen->err && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !is_new(seen, entry->d_name))
			continue;
		snprintf(prefix, sizeof(prefix), "/proc/%.20s/root", entry->d_name);
		stop = visit_table(search, entry->d_name, prefix);
	}
	closedir(proc);
	return stop > 0 ? stop : 0;
}

int lun_mounts_everywhere(const char *type, lun_mount_fn found, void *ctx)
{
	struct search search = { type, found, ctx };
	struct lun_out seen;
	int stop;

	lun_out_init(&seen);
	is_new(&seen, "self");
	stop = lun_mounts(type, found, ctx);
	if (!stop)
		stop = visit_others(&search, &seen);
	lun_out_free(&seen);
	return stop;
}
