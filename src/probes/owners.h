#pragma once
/* A record of the iterator in owners.bpf.c, one per open file. */

enum lun_owner_kind {
	LUN_OWNER_PROG, /* the first four equal enum lun_kind */
	LUN_OWNER_MAP,
	LUN_OWNER_LINK,
	LUN_OWNER_BTF,
	/* Holders of a program that are no BPF objects; id is the program's. */
	LUN_OWNER_PERF,      /* a perf event */
	LUN_OWNER_SOCKET,    /* a socket with a filter */
	LUN_OWNER_REUSEPORT, /* a socket in a group from which a program selects */
	/* Namespaces; id is their inode. */
	LUN_OWNER_NS,     /* any kind, held open by a descriptor */
	LUN_OWNER_THREAD, /* of the network, that a thread is in and not its process; fd is the
			     thread */
};

/* A perf event: enum perf_type_id, its config, and its frequency. */
struct lun_owner_event {
	unsigned int type;
	int cpu; /* -1: all CPUs on which the process runs */
	unsigned long long config;
	unsigned long long every; /* events per sample, or samples per second */
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
