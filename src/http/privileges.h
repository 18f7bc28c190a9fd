#pragma once

/* Gives up, for good and for all children, what no part of Lunette needs. Before any thread is
 * made: each thread has capabilities of its own. What can't be given up is kept. */
void lun_privileges_drop(void);
