#pragma once
/*
 * Closes program arrays without leaking them. When the last descriptor of a program array closes,
 * the kernel takes a reference and queues work that clears the array. If the last descriptor closes
 * again before that work runs, the second reference leaks (Linux 6.18) and the map never goes away.
 * Opening an array by id just after its owner closed it causes this. So we keep these descriptors
 * until the work has had time to run; a thread then closes them together. A caller waits only when
 * too many are kept or no thread can start.
 */
#include <stdint.h>

/* Closes a map's descriptor: a program array's after a delay, other maps' at once. */
void lun_prog_array_close(int fd, uint32_t map_type);
/* Waits until all descriptors kept now are closed; returns at once when there are none. */
void lun_prog_array_close_flush(void);
