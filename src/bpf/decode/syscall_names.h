#pragma once
/* The name of a system call of this machine's architecture, or NULL. */
#include <stdint.h>

const char *lun_syscall_name(uint32_t number);
