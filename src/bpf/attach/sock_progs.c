#include "bpf/attach/sock_progs.h"

#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object/prog_array_close.h"
#include "bpf/object/map_list.h"
#include "bpf/object/object.h"

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

static bool has_programs(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_SOCKMAP || info->type == BPF_MAP_TYPE_SOCKHASH;
}

void lun_sock_progs_of(uint32_t id, struct lun_out *rows)
{
	struct bpf_map_info info;
	int fd = lun_object_open(LUN_MAP, id);

	if (fd < 0)
		return;
	memset(&info, 0, sizeof(info));
	if (!lun_object_info(fd, &info, sizeof(info)) && has_programs(&info))
		query(fd, id, rows);
	lun_prog_array_close(fd, info.type);
}

int lun_sock_progs(struct lun_out *rows)
{
	const struct lun_map_facts *facts;
	struct lun_out list;
	int err;

	lun_out_init(&list);
	err = lun_map_list(&list);
	facts = (const void *)list.data;
	for (size_t n = err ? 0 : list.len / sizeof(*facts); n; n--, facts++)
		if (has_programs(&facts->info))
			lun_sock_progs_of(facts->info.id, rows);
	lun_out_free(&list);
	return err ? err : rows->err;
}
