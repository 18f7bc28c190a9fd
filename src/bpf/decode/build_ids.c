#include "bpf/decode/build_ids.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/code/elf_symbol.h"
#include "text/monotonic.h"

enum { FRESH_SECONDS = 10, MAX_FILES = 4096 };

struct file {
	uint64_t dev, ino;
	uint8_t id[LUN_BUILD_ID_BYTES];
	bool has_id;
	uint32_t pid; /* a process that maps the file */
	char *path;   /* its path in that process */
};

struct lun_build_ids {
	struct file *files;
	uint32_t nr;
	time_t read_at;
};

struct lun_build_ids *lun_build_ids_new(void)
{
	return calloc(1, sizeof(struct lun_build_ids));
}

void lun_build_ids_free(struct lun_build_ids *ids)
{
	if (!ids)
		return;
	for (uint32_t i = 0; i < ids->nr; i++)
		free(ids->files[i].path);
	free(ids->files);
	free(ids);
}

static bool is_known(const struct lun_build_ids *ids, uint64_t dev, uint64_t ino)
{
	for (uint32_t i = 0; i < ids->nr; i++) {
		if (ids->files[i].dev == dev && ids->files[i].ino == ino)
			return true;
	}
	return false;
}

static void add(
	struct lun_build_ids *ids, uint64_t dev, uint64_t ino, uint32_t pid, const char *path)
{
	struct file file = { .dev = dev, .ino = ino, .pid = pid };
	struct file *grown;

	if (ids->nr >= MAX_FILES || is_known(ids, dev, ino))
		return;
	grown = realloc(ids->files, (ids->nr + 1) * sizeof(*grown));
	if (!grown)
		return;
	ids->files = grown;
	file.path = strdup(path);
	file.has_id = file.path && !lun_elf_build_id(pid, path, file.id, sizeof(file.id));
	grown[ids->nr++] = file;
}

/* "7f00-7f01 r-xp 0000 08:01 1234    /usr/lib/libc.so.6" */
static void read_mapping(struct lun_build_ids *ids, uint32_t pid, char *line)
{
	unsigned int major, minor;
	unsigned long long ino;
	char access[5];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*x-%*x %4s %*x %x:%x %llu %n", access, &major, &minor, &ino, &at) != 4)
		return;
	if (at && access[2] == 'x' && ino && line[at] == '/')
		add(ids, (uint64_t)major << 32 | minor, ino, pid, line + at);
}

static void read_process(struct lun_build_ids *ids, const char *pid)
{
	char path[300], *line = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0)
		read_mapping(ids, (uint32_t)strtoul(pid, NULL, 10), line);
	free(line);
	if (f)
		fclose(f);
}

static void read_processes(struct lun_build_ids *ids)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			read_process(ids, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static const struct file *look(const struct lun_build_ids *ids, const uint8_t *id)
{
	for (uint32_t i = 0; i < ids->nr; i++) {
		if (ids->files[i].has_id && !memcmp(ids->files[i].id, id, LUN_BUILD_ID_BYTES))
			return &ids->files[i];
	}
	return NULL;
}

static const struct file *find(struct lun_build_ids *ids, const uint8_t *id)
{
	const struct file *found = look(ids, id);
	time_t now = (time_t)(lun_clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000000);

	if (found || (ids->read_at && now - ids->read_at < FRESH_SECONDS))
		return found;
	ids->read_at = now + !now;
	read_processes(ids);
	return look(ids, id);
}

void lun_build_id_name(
	struct lun_build_ids *ids, const uint8_t *id, uint64_t offset, struct lun_out *out)
{
	const struct file *file = ids ? find(ids, id) : NULL;
	uint64_t within = 0;
	char name[512];

	if (file && !lun_elf_symbol(file->pid, file->path, offset, name, sizeof(name), &within)) {
		lun_out_str(out, name);
		if (within)
			lun_out_printf(out, "+0x%llx", (unsigned long long)within);
		return;
	}
	lun_out_hex(out, id, LUN_BUILD_ID_BYTES);
	lun_out_printf(out, "+0x%llx", (unsigned long long)offset);
}
