#include "bpf/object/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t address(void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Sets the buffer for the link's text; false when the type has none. */
static bool ask_text(struct lun_link_info *info)
{
	struct lun_link_abi *k = &info->k;
	uint64_t at = address(info->text);
	uint32_t size = sizeof(info->text);

	if (k->type == LUN_LINK_RAW_TRACEPOINT) {
		k->raw_tracepoint.tp_name = at;
		k->raw_tracepoint.tp_name_len = size;
	} else if (k->type == LUN_LINK_ITER) {
		k->iter.target_name = at;
		k->iter.target_name_len = size;
	} else if (k->type == LUN_LINK_UPROBE_MULTI) {
		k->uprobe_multi.path = at;
		k->uprobe_multi.path_size = size;
	} else if (k->type == LUN_LINK_PERF_EVENT && k->perf_event.type <= LUN_PERF_URETPROBE) {
		k->perf_event.uprobe.file_name = at;
		k->perf_event.uprobe.name_len = size;
	} else if (k->type == LUN_LINK_PERF_EVENT && k->perf_event.type <= LUN_PERF_KRETPROBE) {
		k->perf_event.kprobe.func_name = at;
		k->perf_event.kprobe.name_len = size;
	} else if (k->type == LUN_LINK_PERF_EVENT && k->perf_event.type == LUN_PERF_TRACEPOINT) {
		k->perf_event.tracepoint.tp_name = at;
		k->perf_event.tracepoint.name_len = size;
	} else {
		return false;
	}
	return true;
}

static uint32_t multi_count(const struct lun_link_abi *k)
{
	if (k->type == LUN_LINK_KPROBE_MULTI)
		return k->kprobe_multi.count;
	return k->type == LUN_LINK_UPROBE_MULTI ? k->uprobe_multi.count : 0;
}

/* Sets the buffers for the lists of a multi link; false for other links. */
static int ask_addrs(struct lun_link_info *info)
{
	struct lun_link_abi *k = &info->k;
	uint32_t n = multi_count(k);

	if (!n)
		return 0;
	info->addrs = calloc(n, sizeof(uint64_t));
	info->cookies = calloc(n, sizeof(uint64_t));
	if (k->type == LUN_LINK_UPROBE_MULTI)
		info->semaphores = calloc(n, sizeof(uint64_t));
	if (!info->addrs || !info->cookies ||
		(k->type == LUN_LINK_UPROBE_MULTI && !info->semaphores))
		return -ENOMEM;
	info->addr_count = n;
	if (k->type == LUN_LINK_KPROBE_MULTI) {
		k->kprobe_multi.addrs = address(info->addrs);
		k->kprobe_multi.cookies = address(info->cookies);
	} else {
		k->uprobe_multi.offsets = address(info->addrs);
		k->uprobe_multi.ref_ctr_offsets = address(info->semaphores);
		k->uprobe_multi.cookies = address(info->cookies);
	}
	return 0;
}

/* Before Linux 6.9 the kernel reports addresses but no cookies, and refuses a query for cookies. */
static void ask_no_cookies(struct lun_link_info *info)
{
	if (info->k.type == LUN_LINK_KPROBE_MULTI)
		info->k.kprobe_multi.cookies = 0;
	else if (info->k.type == LUN_LINK_UPROBE_MULTI)
		info->k.uprobe_multi.cookies = 0;
	free(info->cookies);
	info->cookies = NULL;
}

static void clear_pointers(struct lun_link_abi *k)
{
	switch (k->type) {
	case LUN_LINK_RAW_TRACEPOINT:
		k->raw_tracepoint.tp_name = 0;
		break;
	case LUN_LINK_ITER:
		k->iter.target_name = 0;
		break;
	case LUN_LINK_KPROBE_MULTI:
		k->kprobe_multi.addrs = k->kprobe_multi.cookies = 0;
		break;
	case LUN_LINK_UPROBE_MULTI:
		k->uprobe_multi.path = k->uprobe_multi.offsets = k->uprobe_multi.cookies = 0;
		k->uprobe_multi.ref_ctr_offsets = 0;
		break;
	case LUN_LINK_PERF_EVENT:
		if (k->perf_event.type <= LUN_PERF_TRACEPOINT)
			k->perf_event.uprobe.file_name = 0; /* the first field of all three types */
	}
}

/*
 * The kernel reports a perf event's type only when it has a buffer for the name, or when the length
 * is 0. So the first query has no buffers; the second one has those of the reported type.
 */
static int ask(int fd, bool addrs, struct lun_link_info *info)
{
	bool text;
	int err = lun_object_info(fd, &info->k, sizeof(info->k));

	if (err)
		return err;
	text = ask_text(info);
	err = addrs ? ask_addrs(info) : 0;
	if (err || (!text && !info->addr_count))
		return err;
	err = lun_object_info(fd, &info->k, sizeof(info->k));
	if (err == -E2BIG && info->cookies) {
		ask_no_cookies(info);
		err = lun_object_info(fd, &info->k, sizeof(info->k));
	}
	return err == -ENOSPC ? 0 : err; /* a truncated text is good enough */
}

int lun_link_info(int fd, bool addrs, struct lun_link_info *info)
{
	int err;

	memset(&info->k, 0, sizeof(info->k));
	info->text[0] = 0;
	info->addrs = NULL;
	info->cookies = NULL;
	info->semaphores = NULL;
	info->addr_count = 0;
	err = ask(fd, addrs, info);
	if (err)
		lun_link_info_free(info);
	else
		clear_pointers(&info->k);
	return err;
}

void lun_link_info_free(struct lun_link_info *info)
{
	free(info->addrs);
	free(info->cookies);
	free(info->semaphores);
	info->addrs = NULL;
	info->cookies = NULL;
	info->semaphores = NULL;
	info->addr_count = 0;
}
