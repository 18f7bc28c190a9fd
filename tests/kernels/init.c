/*
 * The first process of a guest that tests/kernels/boot starts. It loads the modules of the
 * initramfs, puts a tmpfs over the read-only root that virtiofs shares, and runs /out/command with
 * the shell. The command's exit code goes to /out/status; then the guest ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <sys/io.h>
#endif
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void end_guest(void)
{
	sync();
#if defined(__x86_64__)
	/* The port of isa-debug-exit: quicker than a power-off by ACPI. */
	if (!ioperm(0xf4, 1, 1))
		outb(0, 0xf4);
#endif
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static int try_mount(const char *type, const char *what, const char *where, const char *options)
{
	unsigned long flags = strcmp(what, "root") ? 0 : MS_RDONLY;

	mkdir(where, 0755);
	return mount(what, where, type, flags, options);
}

static void must_mount(const char *type, const char *what, const char *where, const char *options)
{
	if (!try_mount(type, what, where, options))
		return;
	fprintf(stderr, "init: mounting %s at %s: %s\n", type, where, strerror(errno));
	end_guest();
}

/* The console as the standard streams; bytes pass as they are. */
static void open_console(void)
{
	struct termios mode;
	int fd;

	try_mount("devtmpfs", "dev", "/dev", NULL);
	fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (tcgetattr(1, &mode))
		return;
	mode.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(1, TCSANOW, &mode);
}

/* The modules stand in the order in which they need each other: /modules/000.ko and so on. */
static void load_modules(void)
{
	char path[32];
	int fd;

	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/modules/%03d.ko", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			fprintf(stderr, "init: %s: %s\n", path, strerror(errno));
		close(fd);
	}
}

static void mount_root(void)
{
	must_mount("virtiofs", "root", "/lower", NULL);
	must_mount("tmpfs", "upper", "/upper", "size=75%");
	mkdir("/upper/files", 0755);
	mkdir("/upper/work", 0755);
	must_mount("overlay", "overlay", "/new",
		"lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work");
	must_mount("virtiofs", "out", "/new/out", NULL);
}

static void mount_rest(void)
{
	static const char *const list[][3] = {
		{ "devtmpfs", "dev", NULL },
		{ "devpts", "dev/pts", "ptmxmode=0666" },
		{ "tmpfs", "dev/shm", NULL },
		{ "proc", "proc", NULL },
		{ "sysfs", "sys", NULL },
		{ "tmpfs", "run", NULL },
		{ "tmpfs", "var/tmp", "mode=1777" },
		{ "tracefs", "sys/kernel/tracing", NULL },
		{ "debugfs", "sys/kernel/debug", NULL },
		{ "securityfs", "sys/kernel/security", NULL },
		{ "bpf", "sys/fs/bpf", "mode=0700" },
		{ "cgroup2", "sys/fs/cgroup", NULL },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		try_mount(list[i][0], list[i][0], list[i][1], list[i][2]);
}

static void switch_root(void)
{
	if (chdir("/new"))
		end_guest();
	mount_rest();
	if (mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		end_guest();
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("/proc/self/fd/0", "/dev/stdin") ||
		symlink("/proc/self/fd/1", "/dev/stdout") ||
		symlink("/proc/self/fd/2", "/dev/stderr"))
		fprintf(stderr, "init: /dev: %s\n", strerror(errno));
}

static int run_command(void)
{
	pid_t pid = fork(), ended;
	int status = 0;

	if (!pid) {
		setsid();
		ioctl(0, TIOCSCTTY, 1);
		setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
		setenv("HOME", "/root", 1);
		setenv("LANG", "C.UTF-8", 1);
		execl("/bin/sh", "sh", "/out/command", (char *)NULL);
		_exit(127);
	}
	do
		ended = wait(&status);
	while (ended != pid && (ended > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	FILE *file;
	int code;

	open_console();
	try_mount("proc", "proc", "/proc", NULL);
	load_modules();
	mount_root();
	switch_root();
	code = run_command();
	tcdrain(1);
	file = fopen("/out/status", "w");
	if (file) {
		fprintf(file, "%d\n", code);
		fclose(file);
	}
	end_guest();
}
