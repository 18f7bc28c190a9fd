/*
 * The program: takes --root from the command line, makes a VM, and runs the command in
 * lua/lunette/cli/. `serve` makes more VMs (vm/server_state.h).
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bind/modules.h"
#include "http/daemon.h"
#include "term/modules.h"
#include "vm/server_state.h"
#include "vm/vm.h"

/* Removes "--root DIR" from the front of the arguments and returns DIR, or NULL. */
static const char *take_root(int *argc, char **argv)
{
	const char *root;

	if (*argc < 3 || strcmp(argv[1], "--root") != 0)
		return NULL;
	root = argv[2];
	memmove(argv + 1, argv + 3, (size_t)(*argc - 2) * sizeof(*argv));
	*argc -= 2;
	return root;
}

/*
 * Maps large buffers separately: they grow without copying and return to the kernel when freed.
 * Limits the number of malloc arenas, because a hundred threads would keep more memory in them than
 * the VMs use.
 */
static void limit_heaps(void)
{
	mallopt(M_ARENA_MAX, 8);
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

/* True when the folder of --root has the command line's files; else prints the error. */
static bool has_files(const char *root)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/lua/lunette/cli/init.lua", root);
	if (!access(path, R_OK))
		return true;
	fprintf(stderr, "lunette: --root: the folder has no lua/lunette/cli/init.lua: %s\n",
		strerror(errno));
	return false;
}

int main(int argc, char **argv)
{
	static const luaL_Reg *const modules[] = { lun_bind_modules, lun_term_modules, NULL };
	struct lun_vm_config config = { .root = take_root(&argc, argv), .modules = modules };

	if (config.root && !has_files(config.root))
		return 2;
	limit_heaps();
	lun_server_set(lun_http_serve, &config);
	lun_server_set_unready(lun_bind_unready);
	return lun_vm_main(&config, argc, argv);
}
