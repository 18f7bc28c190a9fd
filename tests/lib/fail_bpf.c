// Preloaded: fails a system call of libbpf, as a kernel short of memory would.
// FAIL_BPF=COMMAND:NTH:ERRNO fails the NTH bpf(COMMAND) and all after it with ERRNO.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

static int fails(long command)
{
	static int seen;
	const char *how = getenv("FAIL_BPF");
	int which = -1, nth = 1, err = EIO;

	if (!how || sscanf(how, "%d:%d:%d", &which, &nth, &err) != 3 || which != command)
		return 0;
	return __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED) >= nth ? err : 0;
}

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	va_list args;
	long a[6];

	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && fails(a[0])) {
		errno = fails(a[0]);
		return -1;
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
