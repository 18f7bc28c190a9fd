#pragma once
/* Programs that decode infrared remote controls, on the devices /dev/lirc*. */
#include <stdint.h>

#include "text/out.h"

struct lun_lirc_prog {
	uint32_t prog_id;
	char device[32];
};

/* Appends struct lun_lirc_prog's; nothing where there is no such device. 0 or -errno. */
int lun_lirc_progs(struct lun_out *rows);
