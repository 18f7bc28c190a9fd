#pragma once
/* Watches the script files (vm/script_files.h) by inotify. It watches their folders, and the
 * folders of symbolic links on the way, because a Kubernetes ConfigMap or git-sync replaces
 * links. */
#include <stdbool.h>

/* A descriptor that becomes readable when something in one of the folders has changed; or
 * -errno. */
int lun_watch_open(void);
/* Adds the paths noted since the last call; call it after each loading of the scripts. */
void lun_watch_update(int fd);
/* Discards the pending events. lun_script_changed() then tells whether a script has changed. */
void lun_watch_read(int fd);
