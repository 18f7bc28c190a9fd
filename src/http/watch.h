#pragma once
/* Tells when a *.lua in one of some folders has changed. */
#include <stdbool.h>

/* A descriptor to poll, or -errno. Folders that cannot be watched are left out. */
int lun_watch_open(const char *const *folders);
/* Reads what happened: did a script change? */
bool lun_watch_read(int fd);
