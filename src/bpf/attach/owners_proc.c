#include "bpf/attach/owners_proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/attach/owners.h"

static ssize_t read_at(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	return n;
}

/* Fields of fdinfo that identify the object; the first one found counts. A link reports its
 * program, too. */
static const struct {
	const char *key;
	enum lun_owner_kind kind;
} keys[] = {
	{ "\nlink_id:", LUN_OWNER_LINK },
	{ "\nprog_id:", LUN_OWNER_PROG },
	{ "\nmap_id:", LUN_OWNER_MAP },
	{ "\nbtf_id:", LUN_OWNER_BTF },
};

static bool parse_fdinfo(const char *text, struct lun_owner_record *record)
{
	const char *at;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		at = strstr(text, keys[i].key);
		if (!at)
			continue;
		record->kind = keys[i].kind;
		record->id = (unsigned int)strtoul(at + strlen(keys[i].key), NULL, 10);
		return true;
	}
	return false;
}

static bool perf_event(struct lun_owner_record *record)
{
	struct lun_task_fd info;

	if (lun_task_fd(record->pid, record->fd, &info))
		return false;
	record->kind = LUN_OWNER_PERF;
	record->id = info.prog_id;
	return true;
}

/* Most files are not anonymous inodes: one readlink is enough for them. */
static bool identify(int proc, const char *fd, struct lun_owner_record *record)
{
	char path[64], text[1024];
	ssize_t n;

	snprintf(path, sizeof(path), "fd/%.20s", fd);
	n = readlinkat(proc, path, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = 0;
	if (!strcmp(text, "anon_inode:[perf_event]"))
		return perf_event(record);
	if (strncmp(text, "anon_inode:b", 12))
		return false;
	snprintf(path, sizeof(path), "fdinfo/%.20s", fd);
	return read_at(proc, path, text, sizeof(text)) > 0 && parse_fdinfo(text, record);
}

static void read_comm(int proc, char comm[16])
{
	char text[64];

	memset(comm, 0, 16);
	if (read_at(proc, "comm", text, sizeof(text)) <= 0)
		return;
	text[strcspn(text, "\n")] = 0;
	memcpy(comm, text, strnlen(text, 15));
}

static void walk_files(int proc, DIR *fds, unsigned int pid, struct lun_out *out)
{
	struct lun_owner_record record;
	struct dirent *entry;
	char comm[16] = "";

	memset(&record, 0, sizeof(record));
	record.pid = pid;
	while ((entry = readdir(fds))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		record.fd = (unsigned int)strtoul(entry->d_name, NULL, 10);
		if (!identify(proc, entry->d_name, &record))
			continue;
		if (!comm[0])
			read_comm(proc, comm);
		memcpy(record.comm, comm, sizeof(comm));
		lun_out_mem(out, &record, sizeof(record));
	}
}

static void walk_process(int root, const char *name, struct lun_out *out)
{
	int proc = openat(root, name, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	DIR *fds;

	if (proc < 0)
		return;
	fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds = fd < 0 ? NULL : fdopendir(fd);
	if (fds) {
		walk_files(proc, fds, (unsigned int)strtoul(name, NULL, 10), out);
		closedir(fds);
	} else if (fd >= 0) {
		close(fd);
	}
	close(proc);
}

int lun_owners_proc(struct lun_out *out)
{
	DIR *root = opendir("/proc");
	struct dirent *entry;

	if (!root)
		return -errno;
	while ((entry = readdir(root)) && !out->err)
		if (isdigit((unsigned char)entry->d_name[0]))
			walk_process(dirfd(root), entry->d_name, out);
	closedir(root);
	return out->err;
}
