#include "http/chunk.h"

enum { MAX_DIGITS = 12 };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int64_t lun_chunk_size(const char *line, size_t len)
{
	int64_t size = 0;
	size_t at = 0, digits;

	if (len < 2 || line[len - 2] != '\r' || line[len - 1] != '\n')
		return -1;
	len -= 2;
	for (; at < len && hex_digit(line[at]) >= 0; at++)
		size = at < MAX_DIGITS ? size << 4 | hex_digit(line[at]) : size;
	digits = at;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (digits == 0 || digits > MAX_DIGITS || (at < len && line[at] != ';'))
		return -1;
	for (; at < len; at++) {
		if ((unsigned char)line[at] < ' ' && line[at] != '\t')
			return -1;
	}
	return size;
}
