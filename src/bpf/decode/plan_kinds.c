/* The names of kinds, as users write and read them. */
#include <errno.h>
#include <string.h>

#include "bpf/decode/plan.h"

struct kind_name {
	const char *name;
	uint8_t kind;
	uint8_t flags;
	uint32_t size; /* 0: the user says */
};

static const struct kind_name names[] = {
	{ "none", LUN_K_NONE, 0, 0 },
	{ "u8", LUN_K_UINT, 0, 1 },
	{ "u16", LUN_K_UINT, 0, 2 },
	{ "u32", LUN_K_UINT, 0, 4 },
	{ "u64", LUN_K_UINT, 0, 8 },
	{ "u128", LUN_K_UINT, 0, 16 },
	{ "i8", LUN_K_INT, 0, 1 },
	{ "i16", LUN_K_INT, 0, 2 },
	{ "i32", LUN_K_INT, 0, 4 },
	{ "i64", LUN_K_INT, 0, 8 },
	{ "i128", LUN_K_INT, 0, 16 },
	{ "be16", LUN_K_UINT, LUN_OP_BE, 2 },
	{ "be32", LUN_K_UINT, LUN_OP_BE, 4 },
	{ "be64", LUN_K_UINT, LUN_OP_BE, 8 },
	{ "f32", LUN_K_FLOAT, 0, 4 },
	{ "f64", LUN_K_FLOAT, 0, 8 },
	{ "uint", LUN_K_UINT, 0, 0 },
	{ "int", LUN_K_INT, 0, 0 },
	{ "float", LUN_K_FLOAT, 0, 0 },
	{ "bool", LUN_K_BOOL, 0, 1 },
	{ "bits", LUN_K_BITS, 0, 0 },
	{ "enum", LUN_K_ENUM, 0, 4 },
	{ "flags", LUN_K_FLAGS, 0, 4 },
	{ "cstring", LUN_K_CHARS, 0, 0 },
	{ "bytes", LUN_K_BYTES, 0, 0 },
	{ "hex", LUN_K_BYTES, 0, 0 },
	{ "pointer", LUN_K_PTR, 0, 8 },
	{ "ipv4", LUN_K_IPV4, 0, 4 },
	{ "ipv6", LUN_K_IPV6, 0, 16 },
	{ "mac", LUN_K_MAC, 0, 6 },
	{ "inet", LUN_K_INET, 0, 24 },
	{ "port", LUN_K_PORT, LUN_OP_BE, 2 },
	{ "lpm", LUN_K_LPM, 0, 0 },
	{ "duration", LUN_K_DURATION, 0, 8 },
	{ "timestamp", LUN_K_TIMESTAMP, 0, 8 },
	{ "errno", LUN_K_ERRNO, 0, 4 },
	{ "syscall", LUN_K_SYSCALL, 0, 4 },
	{ "dev", LUN_K_DEV, 0, 4 },
	{ "pid", LUN_K_PID, 0, 4 },
	{ "ifindex", LUN_K_IFINDEX, 0, 4 },
	{ "cgroup", LUN_K_CGROUP, 0, 8 },
	{ "ksym", LUN_K_KSYM, 0, 8 },
	{ "stack", LUN_K_STACK, 0, 4 },
	{ "ustack", LUN_K_USTACK, 0, 8 },
	{ "usym", LUN_K_USYM, 0, 16 },
	{ "build_id", LUN_K_BUILD_ID, 0, 32 },
	{ "hidden", LUN_K_HIDDEN, 0, 0 },
	{ "prog", LUN_K_PROG, 0, 4 },
	{ "map", LUN_K_MAP, 0, 4 },
	{ "func", LUN_K_FUNC, 0, 0 },
	{ "struct", LUN_K_STRUCT, 0, 0 },
	{ "union", LUN_K_UNION, 0, 0 },
	{ "array", LUN_K_ARRAY, 0, 0 },
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static bool is_number(uint8_t kind)
{
	return kind == LUN_K_UINT || kind == LUN_K_INT || kind == LUN_K_FLOAT;
}

static bool names_op(const struct kind_name *n, const struct lun_op *op)
{
	if (n->kind != op->kind)
		return false;
	if (!is_number(op->kind))
		return true;
	return !n->size || (n->size == op->size && n->flags == (op->flags & LUN_OP_BE));
}

const char *lun_op_type_name(const struct lun_op *op)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (names_op(&names[i], op))
			return names[i].name;
	}
	return "?";
}

int lun_op_parse(const char *name, struct lun_op *op)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (strcmp(names[i].name, name))
			continue;
		op->kind = names[i].kind;
		op->flags = names[i].flags;
		op->size = names[i].size;
		return 0;
	}
	return -ENOENT;
}

static const char *const reduces[] = { "each", "sum", "min", "max", "avg", "last" };

enum { REDUCES = sizeof(reduces) / sizeof(reduces[0]) };

const char *lun_reduce_name(uint8_t reduce)
{
	return reduce < REDUCES ? reduces[reduce] : "?";
}

int lun_reduce_parse(const char *name)
{
	for (int i = 0; i < REDUCES; i++) {
		if (!strcmp(reduces[i], name))
			return i;
	}
	return -ENOENT;
}
