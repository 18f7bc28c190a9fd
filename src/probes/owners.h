#pragma once
/* What the iterator in owners.bpf.c writes: one record an open file. */

enum lun_owner_kind {
	LUN_OWNER_PROG, /* the first four are the numbers of enum lun_kind */
	LUN_OWNER_MAP,
	LUN_OWNER_LINK,
	LUN_OWNER_BTF,
	/* What holds a program without being a BPF object; id is the program's. */
	LUN_OWNER_PERF,      /* a perf event */
	LUN_OWNER_SOCKET,    /* a socket with a filter */
	LUN_OWNER_REUSEPORT, /* a socket of a group that a program chooses from */
	LUN_OWNER_NS,        /* no owner: a namespace that is held open; id is its inode */
};

struct lun_owner_record {
	unsigned int kind;
	unsigned int id;
	unsigned int pid;
	unsigned int fd;
	char comm[16];
};
