#pragma once
/* The clocks, and waiting by the monotonic one, which no change of the date moves. */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds of a clock: CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME and the like. */
uint64_t lun_clock_ns(clockid_t clock);
/* CLOCK_MONOTONIC in seconds. */
double lun_monotonic(void);
/* The same in milliseconds. */
uint64_t lun_monotonic_ms(void);
/* A condition variable whose timed waits take the times of lun_seconds_from_now. */
void lun_cond_init(pthread_cond_t *cond);
void lun_seconds_from_now(struct timespec *until, double seconds);
