#pragma once
/* A record of the iterator in slots.bpf.c: one a program in a slot of a program array. */

enum {
	LUN_SLOTS_ROOM = 2048, /* records of a map that one walk writes */
};

struct lun_slot_record {
	unsigned int map_id;
	unsigned int index;
	unsigned int prog_id; /* 0: the map has more from this index on; LUN_SLOTS_UNREAD: can't be
				 read */
};

#define LUN_SLOTS_UNREAD 0xffffffffU
