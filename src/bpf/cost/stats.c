#include "bpf/cost/stats.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/object/object.h"
#include "text/monotonic.h"

int lun_stats_open(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

/* Fewer show nothing on a busy machine, more take long. */
enum { ROUNDS = 7, RUNS = 10000, PACKET = 64 };

static int load_nothing(void)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd =
		bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "lun_stats_cost", "MIT", insns, 2, NULL);

	return fd < 0 ? -errno : fd;
}

/* Lowers `best` to what a run took in this round. */
static int time_runs(int prog, double *best)
{
	char packet[PACKET] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		.repeat = RUNS);
	double start = lun_monotonic(), took;

	if (bpf_prog_test_run_opts(prog, &opts))
		return -errno;
	took = (lun_monotonic() - start) / RUNS;
	if (took < *best)
		*best = took;
	return 0;
}

static int compare(int prog, double *off, double *on)
{
	int stats, err = 0;

	for (int i = 0; i < ROUNDS && !err; i++) {
		err = time_runs(prog, off);
		stats = err ? err : lun_stats_open();
		if (stats < 0)
			return stats;
		err = time_runs(prog, on);
		close(stats);
	}
	return err;
}

/* Did the kernel count while we had not asked it to? */
static int check_counted(int prog)
{
	struct bpf_prog_info k;
	int err;

	memset(&k, 0, sizeof(k));
	err = lun_object_info(prog, &k, sizeof(k));
	if (err)
		return err;
	return k.run_cnt > (uint64_t)ROUNDS * RUNS ? -EBUSY : 0;
}

int lun_stats_cost(double *seconds)
{
	double off = 1, on = 1;
	int prog = load_nothing(), err;

	if (prog < 0)
		return prog;
	err = compare(prog, &off, &on);
	if (!err)
		err = check_counted(prog);
	close(prog);
	*seconds = on > off ? on - off : 0;
	return err;
}
