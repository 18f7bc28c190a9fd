#include "bpf/attach/sock_progs.h"

#include <bpf/bpf.h>
#include <errno.h>
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

/* 0, or -ENOTSUP before Linux 5.18, which does not know the query. */
static int query(int fd, uint32_t map_id, struct lun_out *rows)
{
	struct lun_sock_prog row = { .map_id = map_id };
	int err = -ENOTSUP;
	uint32_t n, flags;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		n = 1;
		row.prog_id = 0;
		row.attach_type = types[i];
		if (bpf_prog_query(fd, types[i], 0, &flags, &row.prog_id, &n)) {
			if (errno != EINVAL && errno != EOPNOTSUPP)
				err = 0;
			continue;
		}
		err = 0;
		if (n)
			lun_out_mem(rows, &row, sizeof(row));
	}
	return err;
}

static bool has_programs(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_SOCKMAP || info->type == BPF_MAP_TYPE_SOCKHASH;
}

int lun_sock_progs_of(uint32_t id, struct lun_out *rows)
{
	struct bpf_map_info info;
	int fd = lun_object_open(LUN_MAP, id), err = 0;

	if (fd < 0)
		return 0; /* it is gone */
	memset(&info, 0, sizeof(info));
	if (!lun_object_info(fd, &info, sizeof(info)) && has_programs(&info))
		err = query(fd, id, rows);
	lun_prog_array_close(fd, info.type);
	return err;
}

int lun_sock_progs(struct lun_out *rows)
{
	const struct lun_map_facts *facts;
	struct lun_out list;
	int err;

	lun_out_init(&list);
	err = lun_map_list(&list);
	facts = (const void *)list.data;
	for (size_t n = err ? 0 : list.len / sizeof(*facts); n && !err; n--, facts++)
		if (has_programs(&facts->info))
			err = lun_sock_progs_of(facts->info.id, rows);
	lun_out_free(&list);
	return err ? err : rows->err;
}
