#pragma once
/*
 * A decode plan: what the bytes of a key or a value mean, as a flat array of operations that C runs
 * over any number of entries. A container (struct, union, array) is followed by its content; `next`
 * leads past that. A plan is built once and checked by lun_plan_finish. It never changes after
 * that, and any number of threads may run it. It is counted by reference.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lun_op_kind {
	LUN_K_NONE, /* no bytes: the key of a queue */
	LUN_K_UINT,
	LUN_K_INT,
	LUN_K_FLOAT,
	LUN_K_BOOL,
	LUN_K_BITS,
	LUN_K_ENUM,
	LUN_K_FLAGS,
	LUN_K_CHARS, /* text up to the first NUL; see LUN_OP_TEXT and LUN_OP_PADDED */
	LUN_K_BYTES, /* lower-case hex */
	LUN_K_PTR,
	LUN_K_IPV4,
	LUN_K_IPV6,
	LUN_K_MAC,
	LUN_K_INET, /* bpftrace: u64 address family, then the address */
	LUN_K_PORT,
	LUN_K_LPM, /* u32 prefix length, then the address */
	LUN_K_DURATION,
	LUN_K_TIMESTAMP, /* ns since boot */
	LUN_K_ERRNO,
	LUN_K_SYSCALL,
	LUN_K_DEV,
	LUN_K_PID,
	LUN_K_IFINDEX,
	LUN_K_CGROUP,
	LUN_K_KSYM,
	LUN_K_STACK,  /* an id in the stack trace map `arg`; `count` bytes a frame is fixed: u64 */
	LUN_K_USTACK, /* u32 id, u32 process: its frames in the stack trace map `arg` */
	LUN_K_USYM,   /* u64 address, u64 process */
	LUN_K_BUILD_ID, /* a frame of a stack: status, build id, offset in the file or address */
	LUN_K_HIDDEN,   /* never shown by the kernel: a lock, a timer, a kernel pointer */
	LUN_K_PROG,
	LUN_K_MAP,
	LUN_K_FUNC, /* a Lua function, number `arg` of its decoder */
	LUN_K_STRUCT,
	LUN_K_UNION,
	LUN_K_ARRAY,
	LUN_K_COUNT,
};

enum lun_op_flags {
	LUN_OP_BE = 1,        /* big endian */
	LUN_OP_SIGNED = 2,    /* bits, enums */
	LUN_OP_TO_ZERO = 4,   /* an array that ends at its first element of zeros */
	LUN_OP_LOG2 = 8,      /* an array of counts in slots of powers of two */
	LUN_OP_MIRRORED = 16, /* an integer stored as 0xffffffff minus itself */
	LUN_OP_IF_SET = 32,   /* 8 bytes, present when the next 8 bytes are not zero */
	LUN_OP_PADDED = 64,   /* text without the NULs at its end; NULs within it stay */
	LUN_OP_TEXT = 128,    /* characters: UTF-8 padded with NULs is text, anything else is hex */
	LUN_OP_ID = 256,      /* a number that does not add up: a process, a port */
	LUN_OP_MOMENT = 512,  /* likewise, a point in time: the sum of several is the latest */
};

/* How the values of the CPUs become one. */
enum lun_reduce { LUN_EACH_CPU, LUN_SUM, LUN_MIN, LUN_MAX, LUN_AVG, LUN_LAST };

struct lun_op {
	uint8_t kind;
	uint16_t flags;
	uint8_t reduce;     /* of this field; LUN_EACH_CPU: what the caller asks for */
	uint8_t bit_offset; /* LUN_K_BITS: from the lowest bit of the little-endian field */
	uint8_t bit_size;
	uint32_t offset; /* from the start of the enclosing struct or array element */
	uint32_t size;   /* bytes; of an array: of all elements */
	uint32_t count;  /* elements of an array */
	uint32_t next;   /* the operation after this one and its inside */
	uint32_t name;   /* in the plan's strings; 0: none */
	uint32_t unit;   /* likewise */
	uint32_t arg;    /* enum table, map id, function number */
};

struct lun_plan_enum {
	uint32_t first, count; /* in the plan's enum values */
};

struct lun_plan_item {
	int64_t value;
	uint32_t name;
};

struct lun_plan {
	atomic_uint refs;
	struct lun_op *ops;
	uint32_t nr_ops, cap_ops;
	char *strings;
	uint32_t strings_len, strings_cap;
	struct lun_plan_enum *enums;
	uint32_t nr_enums;
	struct lun_plan_item *items;
	uint32_t nr_items;
	uint32_t size;     /* bytes that it reads */
	uint32_t funcs;    /* Lua functions in it: 0, and it runs without Lua */
	uint32_t open[40]; /* containers not closed yet, while building */
	uint32_t depth;
	bool finished;
};

struct lun_plan *lun_plan_new(void);
struct lun_plan *lun_plan_ref(struct lun_plan *plan);
void lun_plan_unref(struct lun_plan *plan);

/* Building. 0 or -errno; -E2BIG: too deep or too large. These functions set op's name and next. */
int lun_plan_leaf(struct lun_plan *plan, const struct lun_op *op, const char *name);
int lun_plan_open(struct lun_plan *plan, const struct lun_op *op, const char *name);
int lun_plan_close(struct lun_plan *plan);
int lun_plan_unit(struct lun_plan *plan, const char *unit); /* of the last operation */
/* A new, empty table of names; its number is the `arg` of enum and flag operations. */
int lun_plan_enum(struct lun_plan *plan, uint32_t *number);
int lun_plan_enum_item(struct lun_plan *plan, int64_t value, const char *name);
/* Checks that all is closed and that every operation lies in `size` bytes. -EINVAL if not. */
int lun_plan_finish(struct lun_plan *plan, uint32_t size);

static inline const char *lun_plan_str(const struct lun_plan *plan, uint32_t at)
{
	return at ? plan->strings + at : NULL;
}

static inline bool lun_op_is_container(uint8_t kind)
{
	return kind == LUN_K_STRUCT || kind == LUN_K_UNION || kind == LUN_K_ARRAY;
}

/* "u64", "cstring", "struct" …: what a user calls it. */
const char *lun_op_type_name(const struct lun_op *op);
/* The kind a user's name means, with the size and flags that go with it; -ENOENT. */
int lun_op_parse(const char *name, struct lun_op *op);
const char *lun_reduce_name(uint8_t reduce);
int lun_reduce_parse(const char *name); /* or -ENOENT */

/* One column of a table of entries: a leaf (or an array) with its way from the root. */
struct lun_pick {
	uint32_t op;
	uint32_t offset; /* from the start of the key or value */
	char path[256];
};

/* The columns of a plan in order, at most max; returns how many. `root` names a bare leaf. */
uint32_t lun_plan_columns(
	const struct lun_plan *plan, const char *root, struct lun_pick *picks, uint32_t max);
/* The column of this path ("a.b", "a[3]"); -ENOENT. */
int lun_plan_pick(
	const struct lun_plan *plan, const char *root, const char *path, struct lun_pick *pick);
