#pragma once
/* A record of the iterator in owners.bpf.c: one an open file. */

enum lun_owner_kind {
	LUN_OWNER_PROG, /* the first four are the numbers of enum lun_kind */
	LUN_OWNER_MAP,
	LUN_OWNER_LINK,
	LUN_OWNER_BTF,
	/* What holds a program without being a BPF object; id is the program's. */
	LUN_OWNER_PERF,      /* a perf event */
	LUN_OWNER_SOCKET,    /* a socket with a filter */
	LUN_OWNER_REUSEPORT, /* a socket of a group that a program chooses from */
	/* No owners: namespaces, whose inode id is. */
	LUN_OWNER_NS,     /* held open, of any kind */
	LUN_OWNER_THREAD, /* of the network, that a thread is in and not its process; fd is the
			     thread */
};

/* A perf event: enum perf_type_id, its config, and how often it runs. */
struct lun_owner_event {
	unsigned int type;
	int cpu; /* -1: all that its process runs on */
	unsigned long long config;
	unsigned long long every; /* a sample in so many, or so many a second */
	unsigned int by_frequency;
};

struct lun_owner_socket {
	unsigned short family;
	unsigned short type;
	unsigned short protocol;
	unsigned short port;      /* 0: none */
	unsigned short peer_port; /* 0: not connected */
	unsigned char address[16];
	unsigned char peer[16];
};

struct lun_owner_record {
	unsigned int kind;
	unsigned int id;
	unsigned int pid;
	unsigned int fd;
	char comm[16];
	unsigned int
		told; /* what follows is known: for a perf event or a socket, by the iterator */
	union {
		struct lun_owner_event event;
		struct lun_owner_socket socket;
	};
};
