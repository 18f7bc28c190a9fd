/*
 * The lower limit for metrics: only BPF_MAP_LOOKUP_BATCH over a whole map into a buffer. raw_batch
 * MAP_ID prints the nanoseconds taken.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 4096 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long walk(int fd, void *keys, void *values)
{
	unsigned long long position = 0;
	long seen = 0;
	int err;

	do {
		__u32 count = BATCH;

		err = bpf_map_lookup_batch(
			fd, seen ? &position : NULL, &position, keys, values, &count, NULL);
		seen += count;
	} while (!err);
	return errno == ENOENT ? seen : -errno;
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? bpf_map_get_fd_by_id((__u32)atoi(argv[1])) : -1;
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	double start;
	long seen;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 1;
	start = now();
	seen = walk(
		fd, malloc((size_t)BATCH * info.key_size), malloc((size_t)BATCH * info.value_size));
	printf("%.0f %ld\n", now() - start, seen);
	return seen < 0;
}
