#pragma once

/* Tells the service manager a state, as sd_notify(3) describes it: "READY=1". Without a manager
 * that listens ($NOTIFY_SOCKET) nothing happens. */
void lun_notify(const char *state);
/* Tells it that a reload begins; READY=1 ends it. */
void lun_notify_reloading(void);
