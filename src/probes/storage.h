#pragma once
/* What the iterators in storage.bpf.c write: this head, then the value. */

struct lun_storage_head {
	unsigned int pid; /* of a task: its thread group; else 0 */
	unsigned int tid;
	unsigned long long cookie; /* of a socket */
	unsigned short family;     /* of a socket */
	unsigned short port;       /* local, in host order */
	unsigned int pad;
	char comm[16];
};
