#pragma once

/* Reports a state to the service manager: "READY=1" (see sd_notify(3)). Does nothing when
 * $NOTIFY_SOCKET is not set. */
void lun_notify(const char *state);
/* Reports the begin of a reload; READY=1 reports its end. */
void lun_notify_reloading(void);
