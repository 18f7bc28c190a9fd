#pragma once
/* WebSocket frames as RFC 6455 has them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LUN_FRAME_HEAD = 14, LUN_FRAME_CONTROL = 125 };

struct lun_frame {
	bool last;
	int opcode;
	uint64_t len; /* of the payload */
	unsigned char mask[4];
};

/* Reads the head of a client's frame: its length, 0 when more has to come, or minus the code to
 * close with, and *why. */
int lun_frame_parse(
	const unsigned char *data, size_t len, struct lun_frame *frame, const char **why);
/* Unmasks len bytes of the payload, the first of them its byte number `from`. */
void lun_frame_unmask(const struct lun_frame *frame, uint64_t from, char *data, size_t len);
/* May a close frame carry this code? */
bool lun_frame_close_code(int code);
