#pragma once
/* Waiting by the monotonic clock, which no change of the date moves. */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Seconds since the machine started. */
double lun_monotonic(void);
/* The same in milliseconds. */
uint64_t lun_monotonic_ms(void);
/* A condition variable whose timed waits take the times of lun_seconds_from_now. */
void lun_cond_init(pthread_cond_t *cond);
void lun_seconds_from_now(struct timespec *until, double seconds);
