#pragma once
/* Records of the iterators in fill.bpf.c: one a map whose entries the kernel counts, */

struct lun_fill_record {
	unsigned int id;
	unsigned int type;
	unsigned long long count; /* entries; of a ring buffer the bytes that wait */
};

/* and one a map, by id. */
struct lun_there_record {
	unsigned int id;
	unsigned int frozen;
};
