#include "text/monotonic.h"

uint64_t lun_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

double lun_monotonic(void)
{
	return (double)lun_clock_ns(CLOCK_MONOTONIC) / 1e9;
}

uint64_t lun_monotonic_ms(void)
{
	return lun_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

void lun_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void lun_seconds_from_now(struct timespec *until, double seconds)
{
	clock_gettime(CLOCK_MONOTONIC, until);
	until->tv_sec += (time_t)seconds;
	until->tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (until->tv_nsec >= 1000000000L) {
		until->tv_sec++;
		until->tv_nsec -= 1000000000L;
	}
}
