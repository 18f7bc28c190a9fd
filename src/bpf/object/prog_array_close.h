#pragma once
/*
 * Closing a program array without harm. When the last descriptor of one goes, the kernel takes
 * a reference and queues work that clears it; when that happens again before the work has run,
 * the second reference is never given back (Linux 6.18) and the map stays for ever. A look at an
 * array by id, just after its owner closed it, is such a second time. So those descriptors are
 * kept until the work has had time to run, and closed together by a thread: nobody waits who
 * reads hundreds of them one after the other.
 */
#include <stdint.h>

/* Closes the descriptor of a map of that type, at once or a moment later. */
void lun_prog_array_close(int fd, uint32_t map_type);
/* Waits until all that is kept now is closed, and not at all when that is nothing. */
void lun_prog_array_close_flush(void);
