#include "text/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int rank_of(const char *level)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };

	for (int i = 0; i < 4; i++) {
		if (level && strcmp(level, levels[i]) == 0)
			return i;
	}
	return 1;
}

bool lun_log_wants(const char *level)
{
	return rank_of(level) >= rank_of(getenv("LUNETTE_LOG"));
}

void lun_log(const char *level, const char *fmt, ...)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;

	if (!lun_log_wants(level))
		return;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	flockfile(stderr);
	fprintf(stderr, "%s %s ", stamp, level);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	fflush(stderr);
	funlockfile(stderr);
}
