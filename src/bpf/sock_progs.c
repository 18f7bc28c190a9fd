#include "bpf/sock_progs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object.h"

static const uint32_t types[] = {
	BPF_SK_SKB_STREAM_PARSER,
	BPF_SK_SKB_STREAM_VERDICT,
	BPF_SK_SKB_VERDICT,
	BPF_SK_MSG_VERDICT,
};

static void query(int fd, uint32_t map_id, struct lun_out *rows)
{
	struct lun_sock_prog row = { .map_id = map_id };
	uint32_t n, flags;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		n = 1;
		row.prog_id = 0;
		row.attach_type = types[i];
		if (!bpf_prog_query(fd, types[i], 0, &flags, &row.prog_id, &n) && n)
			lun_out_mem(rows, &row, sizeof(row));
	}
}

void lun_sock_progs_of(uint32_t id, struct lun_out *rows)
{
	struct bpf_map_info info;
	int fd = lun_object_open(LUN_MAP, id);

	if (fd < 0)
		return;
	memset(&info, 0, sizeof(info));
	if (!lun_object_info(fd, &info, sizeof(info)) &&
		(info.type == BPF_MAP_TYPE_SOCKMAP || info.type == BPF_MAP_TYPE_SOCKHASH))
		query(fd, id, rows);
	close(fd);
}

int lun_sock_progs(struct lun_out *rows)
{
	uint32_t id = 0;
	int err;

	while (!(err = lun_object_next(LUN_MAP, &id)))
		lun_sock_progs_of(id, rows);
	return err == -ENOENT ? rows->err : err;
}
