#pragma once

/* Drops the capabilities that no part of Lunette needs, for this process and its children. Call it
 * before any thread is started, because each thread has its own capabilities. A capability that
 * can't be dropped is kept. */
void lun_privileges_drop(void);
