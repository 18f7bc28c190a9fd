#include "vm/vm_process.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm/vm.h"

extern char **environ;

/* The userdata of a Lua file whose other end is a child process. */
struct process {
	luaL_Stream stream;
	pid_t pid;
	bool contained;
	unsigned ended; /* lun_vm_ended_runs when the child was started */
};

/* Kills a process and its descendants: the descendants first, before init adopts them. */
static void end_tree(pid_t pid)
{
	char path[64];
	FILE *children;
	int child;

	kill(pid, SIGSTOP);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &child) == 1)
		end_tree(child);
	if (children)
		fclose(children);
	kill(pid, SIGKILL);
}

/* In a terminal a child stays in our process group, so that Ctrl-C reaches it; else it gets its own
 * group. */
static void end_child(pid_t pid, bool contained)
{
	if (contained)
		kill(-pid, SIGKILL);
	else
		end_tree(pid);
}

/* Waits for the child's status; -errno on failure. The signal that ends a run interrupts the
 * wait. */
static int wait_for(lua_State *L, pid_t pid, bool contained)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
		if (lun_vm_is_over(L))
			end_child(pid, contained);
	}
	return status;
}

/* Unblocks all signals in the child, whichever the thread has blocked. */
static void set_signals(posix_spawnattr_t *attributes, bool contained)
{
	sigset_t none, defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setflags(attributes,
		(short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			(contained ? POSIX_SPAWN_SETPGROUP : 0)));
}

/* Runs the command in a shell. The child's descriptor `to` is our descriptor `from` (negative:
 * none). */
static int start(const char *command, int from, int to, bool contained, pid_t *pid)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	if (contained && to != STDIN_FILENO)
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (from >= 0)
		posix_spawn_file_actions_adddup2(&files, from, to);
	set_signals(&attributes, contained);
	err = posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

/* Pushes what a child's status means; -errno: why it has none. */
static int push_status(lua_State *L, int status)
{
	errno = status < 0 ? -status : 0; /* or an older error is taken for the reason */
	return luaL_execresult(L, status < 0 ? -1 : status);
}

/* file:close() -> true | nil, "exit" | "signal", code */
static int close_process(lua_State *L)
{
	struct process *process = luaL_checkudata(L, 1, LUA_FILEHANDLE);
	int status;

	if (process->ended != lun_vm_ended_runs(L))
		end_child(process->pid, process->contained);
	fclose(process->stream.f);
	status = wait_for(L, process->pid, process->contained);
	return push_status(L, status);
}

static struct process *push_process(lua_State *L, bool contained)
{
	struct process *process = lua_newuserdatauv(L, sizeof(*process), 0);

	*process = (struct process){ .contained = contained, .ended = lun_vm_ended_runs(L) };
	luaL_setmetatable(L, LUA_FILEHANDLE);
	return process;
}

/* Makes a stream of our end of the pipe; the child has the other end. */
static int open_process(struct process *process, const char *command, bool reads)
{
	int ends[2], ours, err;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	ours = reads ? 0 : 1;
	process->stream.f = fdopen(ends[ours], reads ? "r" : "w");
	if (process->stream.f)
		err = start(command, ends[!ours], reads ? STDOUT_FILENO : STDIN_FILENO,
			process->contained, &process->pid);
	else
		err = -ENOMEM;
	close(ends[!ours]);
	if (err && process->stream.f)
		fclose(process->stream.f);
	else if (err)
		close(ends[ours]);
	else
		process->stream.closef = close_process;
	return err;
}

/* Flushes our output, so that it comes before the child's. */
static void flush_output(bool contained)
{
	if (contained)
		return; // another thread may hold the stream's lock, blocked by a slow reader
	fflush(stdout);
	fflush(stderr);
}

/* io.popen(command [, "r" | "w"]) -> file | nil, err, errno */
static int l_popen(lua_State *L)
{
	const char *command = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
	bool contained = lua_toboolean(L, lua_upvalueindex(1));
	struct process *process;
	int err;

	luaL_argcheck(L, strcmp(mode, "r") == 0 || strcmp(mode, "w") == 0, 2, "invalid mode");
	process = push_process(L, contained);
	flush_output(contained);
	err = open_process(process, command, *mode == 'r');
	if (!err)
		return 1;
	errno = -err;
	return luaL_fileresult(L, 0, command);
}

/* os.execute([command]) -> true | nil, "exit" | "signal", code; without a command: true */
static int l_execute(lua_State *L)
{
	const char *command = luaL_optstring(L, 1, NULL);
	bool contained = lua_toboolean(L, lua_upvalueindex(1));
	pid_t pid;
	int status;

	if (!command) {
		lua_pushboolean(L, 1);
		return 1;
	}
	flush_output(contained);
	status = start(command, -1, -1, contained, &pid);
	if (!status)
		status = wait_for(L, pid, contained);
	return push_status(L, status);
}

static void set(
	lua_State *L, const char *library, const char *name, lua_CFunction function, bool flag)
{
	lua_getglobal(L, library);
	lua_pushboolean(L, flag);
	lua_pushcclosure(L, function, 1);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

/* VMs of a server have an empty standard input: one that read it would block the others. */
static void empty_input(lua_State *L)
{
	lua_getglobal(L, "io");
	lua_getfield(L, -1, "input");
	lua_getfield(L, -2, "open");
	lua_pushliteral(L, "/dev/null");
	lua_call(L, 1, 1); // io, input, file
	lua_pushvalue(L, -1);
	lua_setfield(L, -4, "stdin");
	lua_call(L, 1, 0);
	lua_pop(L, 1);
}

void lun_process_install(lua_State *L, bool contained)
{
	set(L, "io", "popen", l_popen, contained);
	set(L, "os", "execute", l_execute, contained);
	if (contained)
		empty_input(L);
}
