/* io.popen, os.execute and blocking files: they work as Lua's own, and end with the run. */
#include "support/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static const struct lun_vm_config contained = { .contained = true };
static char folder[] = "/tmp/lunette-process-XXXXXX", fifo[64];

/* The same as with Lua's own library. */
static const char *const ordinary[] = {
	/* an error of before is not the child's */
	"io.open('/nonexistent') return io.popen('exit 3'):close()",
	"local p = io.popen('exit 3') io.open('/nonexistent') return p:close()",
	"io.open('/nonexistent') return os.execute('exit 4')",
	"local p = io.popen('echo one; echo two') local t = { p:read('a') } "
	"return t[1], io.type(p), p:close(), io.type(p)",
	"local p = io.popen('cat', 'r') return p:read('a'), p:close()",
	"local t = {} for line in io.popen('printf \"a\\nb\"'):lines() do t[#t + 1] = line end "
	"return table.concat(t, ',')",
	"local p = io.popen('exit 7') return p:close()",
	"local p = io.popen('kill -9 $$') return p:close()",
	"local p = io.popen('cat >/dev/null; exit 3', 'w') p:write('text') return p:close()",
	"return io.popen('no-such-program-anywhere 2>/dev/null'):close()",
	"return pcall(io.popen, 'true', 'rw')",
	"return pcall(io.popen)",
	"return os.execute()",
	"return os.execute('true')",
	"return os.execute('exit 9')",
	"return os.execute('kill -15 $$')",
	"return pcall(os.execute, {})",
	"do local p <close> = io.popen('true') end return 1",
};

static const char report[] = "local f = assert(load(...)) local t = table.pack(f()) "
			     "for i = 1, t.n do t[i] = tostring(t[i]) end "
			     "return table.concat(t, '|')";

static const char *result_of(lua_State *L, const char *code)
{
	assert_int_equal(luaL_loadbuffer(L, report, strlen(report), "=report"), LUA_OK);
	lua_pushstring(L, code);
	if (lua_pcall(L, 1, 1, 0))
		fail_msg("%s: %s", code, lua_tostring(L, -1));
	return lua_tostring(L, -1);
}

static void test_like_luas_own(void **state)
{
	lua_State *own = luaL_newstate(), *free_one = lun_vm_new(&plain),
		  *server = lun_vm_new(&contained);

	(void)state;
	luaL_openlibs(own);
	assert_non_null(freopen("/dev/null", "r", stdin));
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(*ordinary); i++) {
		const char *expected = result_of(own, ordinary[i]);

		assert_string_equal(result_of(free_one, ordinary[i]), expected);
		assert_string_equal(result_of(server, ordinary[i]), expected);
	}
	lua_close(own);
	lun_vm_free(free_one);
	lun_vm_free(server);
}

/* %s is a FIFO without a writer. The line is that of the call. */
static const char *const blocking[] = {
	"\nio.open('%s')",
	"\nio.open('%s', 'w')",
	"\nfor line in io.lines('%s') do end",
	"\nlocal f = io.open('%s', 'r+') f:read('a')",
	"\nlocal f = io.open('%s', 'r+') while true do f:write(('x'):rep(4096)) end",
	"\nos.execute('sleep 1000 # %s')",
	"\nio.popen('sleep 1000 # %s'):read('a')",
	"\nio.popen('sleep 1000 # %s'):close()",
	"\ndo local p <close> = io.popen('sleep 1000 # %s', 'w') end while true do end",
	"\nlocal p = io.popen('sleep 1000 # %s', 'w') while true do p:write(('x'):rep(4096)) end",
	"\nlocal p = io.popen('trap \"\" TERM INT; sleep 1000; sleep 1000 # %s') p:read()",
	"\nwhile true do pcall(os.execute, 'sleep 1000 # %s') end",
};

static int run_blocking(lua_State *L, const char *format, double seconds, char *code, size_t len)
{
	snprintf(code, len, format, fifo);
	return run(L, code, seconds, 0);
}

static void test_ends_with_the_run(void **state)
{
	char code[256];

	(void)state;
	for (size_t i = 0; i < sizeof(blocking) / sizeof(*blocking); i++) {
		for (int server = 0; server < 2; server++) {
			lua_State *L = lun_vm_new(server ? &contained : &plain);
			int status = run_blocking(L, blocking[i], 0.05, code, sizeof(code));

			if (status)
				assert_non_null(strstr(lua_tostring(L, -1), "code:2: "));
			check_failed(L, status, code, "over budget: 0.05 seconds");
			check_sound(L);
			lun_vm_free(L);
		}
	}
}

static void *stop_soon(void *L)
{
	usleep(50000);
	lun_vm_stop(L);
	return NULL;
}

/* As in a service, which has no time limit. */
static void test_ends_when_stopped(void **state)
{
	char code[256];

	(void)state;
	for (size_t i = 0; i < sizeof(blocking) / sizeof(*blocking); i++) {
		lua_State *L = lun_vm_new(&contained);
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, stop_soon, L), 0);
		check_failed(
			L, run_blocking(L, blocking[i], 0, code, sizeof(code)), code, "stopped");
		pthread_join(thread, NULL);
		lun_vm_free(L);
	}
}

static pid_t read_pid(const char *path)
{
	FILE *file = fopen(path, "r");
	int pid = 0;

	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

/* A child's child is killed, too; init reaps it a moment later. */
static void wait_for_end(pid_t pid)
{
	char path[64], text[256] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (;;) {
		FILE *file = fopen(path, "r");
		const char *state;

		if (!file)
			return;
		if (!fgets(text, sizeof(text), file))
			*text = '\0';
		fclose(file);
		state = strrchr(text, ')');
		if (!state || state[2] == 'Z')
			return;
		usleep(1000);
	}
}

static void children_go_too(const struct lun_vm_config *config)
{
	lua_State *L = lun_vm_new(config);
	char path[80], code[512];

	snprintf(path, sizeof(path), "%s/pid", folder);
	snprintf(code, sizeof(code), "os.execute('(sleep 1000 & echo $! >%s; wait); true')", path);
	check_failed(L, run(L, code, 0.5, 0), code, "over budget");
	assert_true(read_pid(path) > 0);
	wait_for_end(read_pid(path));
	lun_vm_free(L);
}

static void test_children_go_too(void **state)
{
	(void)state;
	children_go_too(&contained);
}

static void test_children_at_a_prompt_go_too(void **state)
{
	(void)state;
	children_go_too(&plain);
}

static void *read_file(void *arg)
{
	FILE *file = fopen(fifo, "r");

	(void)arg;
	assert_non_null(file);
	while (fgetc(file) != EOF)
		;
	fclose(file);
	return NULL;
}

/* The C library's popen flushes every stream, and blocks on one that another thread reads. */
static void test_no_other_stream_is_waited_for(void **state)
{
	static const char code[] = "assert(io.popen('echo x'):read() == 'x') os.execute('true')";
	lua_State *L = lun_vm_new(&contained);
	pthread_t thread;
	int fd;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_file, NULL), 0);
	fd = open(fifo, O_WRONLY); // it reads now
	assert_true(fd >= 0);
	usleep(50000);
	assert_int_equal(run(L, code, 60, 0), LUA_OK);
	close(fd);
	pthread_join(thread, NULL);
	lun_vm_free(L);
}

/* A file left open is closed with its VM, which does not wait for its child. */
static void test_closing_the_vm(void **state)
{
	lua_State *L = lun_vm_new(&contained);

	(void)state;
	assert_int_equal(run(L, "p = io.popen('exec sleep 1000', 'w')", 0, 0), LUA_OK);
	lun_vm_free(L);
}

static void test_input_is_empty(void **state)
{
	lua_State *L = lun_vm_new(&contained);
	int before = dup(STDIN_FILENO), ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	assert_int_equal(run(L,
				 "assert(io.read() == nil and io.stdin:read() == nil) "
				 "assert(io.read('a') == '') "
				 "assert(io.popen('cat'):read('a') == '') os.execute('cat')",
				 60, 0),
		LUA_OK);
	dup2(before, STDIN_FILENO);
	close(ends[0]);
	close(ends[1]);
	lun_vm_free(L);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	return mkfifo(fifo, 0600);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_luas_own),
		cmocka_unit_test(test_ends_with_the_run),
		cmocka_unit_test(test_ends_when_stopped),
		cmocka_unit_test(test_children_go_too),
		cmocka_unit_test(test_children_at_a_prompt_go_too),
		cmocka_unit_test(test_no_other_stream_is_waited_for),
		cmocka_unit_test(test_closing_the_vm),
		cmocka_unit_test(test_input_is_empty),
	};

	alarm(ALARM);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
