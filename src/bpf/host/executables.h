#pragma once
/* The executables that processes run now, each once. */
#include <stdbool.h>
#include <stdint.h>

struct lun_executable {
	uint32_t pid;     /* one of its processes: /proc/PID/exe is the file */
	const char *path; /* as that process sees it; until the next one */
};

/* Whether to go on. */
typedef bool (*lun_executable_fn)(void *user, const struct lun_executable *executable);

/* 0 or -errno. */
int lun_executables(lun_executable_fn fn, void *user);
