#pragma once
/*
 * The head of a request as its bytes came: request line and header fields by RFC 9112, read
 * strictly, so that no proxy before us sees another request than we do.
 */
#include <stddef.h>

#include "vm/request.h"

enum { LUN_HEAD_FIELDS = 64 };

struct lun_head {
	char *method, *target, *version; /* "1.1"; the target is a path, or "*" with OPTIONS */
	struct lun_header fields[LUN_HEAD_FIELDS];
	size_t fields_len;
};

/* The bytes up to and including the empty line that ends the head, with empty lines before it;
 * 0 when more has to come; -1 when a byte is no text. */
int lun_head_end(const char *data, int len);
/* Reads a head of len bytes, in place: what *head points to lies in data. 0, or the status of the
 * refusal with *why. A target "http://HOST/PATH" becomes "/PATH" with HOST in the Host field. */
int lun_head_parse(char *data, size_t len, struct lun_head *head, const char **why);
