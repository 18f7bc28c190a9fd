#pragma once
/* WebSocket frames (RFC 6455). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LUN_FRAME_HEAD = 14, LUN_FRAME_CONTROL = 125 };

struct lun_frame {
	bool last;
	int opcode;
	uint64_t len; /* length of the payload */
	unsigned char mask[4];
};

/* Parses the head of a client's frame. Its length; 0 when more bytes are needed; on a violation the
 * negative close code, and *why. */
int lun_frame_parse(
	const unsigned char *data, size_t len, struct lun_frame *frame, const char **why);
/* Unmasks len bytes of the payload; the first is byte number `from` of the payload. */
void lun_frame_unmask(const struct lun_frame *frame, uint64_t from, char *data, size_t len);
/* True when a close frame may carry this code. */
bool lun_frame_close_code(int code);
