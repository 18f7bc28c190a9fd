#pragma once
/* What the iterator in fill.bpf.c writes: one record a map whose filling the kernel knows. */

struct lun_fill_record {
	unsigned int id;
	unsigned int type;
	unsigned long long count; /* entries; of a ring buffer the bytes that wait */
};
