#include "http/frame.h"

static int refuse(const char **why, const char *message)
{
	*why = message;
	return -1002;
}

static bool is_known(int opcode)
{
	return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

static uint64_t read_number(const unsigned char *data, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | data[i];
	return value;
}

/* A length must be written in its shortest form. */
static bool is_shortest(uint64_t len, size_t bytes)
{
	if (bytes == 2)
		return len > 125;
	return bytes == 0 || (len > 0xffff && len >> 63 == 0);
}

static int check(const unsigned char *data, struct lun_frame *frame, const char **why)
{
	if (data[0] & 0x70)
		return refuse(why, "reserved bits");
	if (!is_known(frame->opcode))
		return refuse(why, "unknown opcode");
	if (!(data[1] & 0x80))
		return refuse(why, "a client's frame is masked");
	if (frame->opcode >= 8 && !frame->last)
		return refuse(why, "a control frame in fragments");
	if (frame->opcode >= 8 && (data[1] & 0x7f) > LUN_FRAME_CONTROL)
		return refuse(why, "a control frame of more than 125 bytes");
	return 0;
}

int lun_frame_parse(
	const unsigned char *data, size_t len, struct lun_frame *frame, const char **why)
{
	size_t bytes, head;
	int err;

	if (len < 2)
		return 0;
	*frame = (struct lun_frame){ .last = data[0] & 0x80, .opcode = data[0] & 0x0f };
	err = check(data, frame, why);
	if (err)
		return err;
	bytes = (data[1] & 0x7f) == 126 ? 2 : (data[1] & 0x7f) == 127 ? 8 : 0;
	head = 2 + bytes + sizeof(frame->mask);
	if (len < head)
		return 0;
	frame->len = bytes ? read_number(data + 2, bytes) : data[1] & 0x7f;
	if (!is_shortest(frame->len, bytes))
		return refuse(why, "a length not in its shortest form");
	for (size_t i = 0; i < sizeof(frame->mask); i++)
		frame->mask[i] = data[2 + bytes + i];
	return (int)head;
}

void lun_frame_unmask(const struct lun_frame *frame, uint64_t from, char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(data[i] ^ frame->mask[(from + i) & 3]);
}

bool lun_frame_close_code(int code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
		(code >= 3000 && code <= 4999);
}
