#pragma once
/* A record of the iterators in storage.bpf.c: this head, then the value. */

struct lun_storage_head {
	unsigned int pid; /* of a task: its thread group; else 0 */
	unsigned int tid;
	unsigned long long cookie; /* of a socket */
	unsigned short family;     /* of a socket */
	unsigned short port;       /* local, in host order */
	unsigned int pad;
	char comm[16];
};
