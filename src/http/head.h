#pragma once
/*
 * Parses the head of a request (request line and header fields, RFC 9112) from its raw bytes.
 * Strict, so that a proxy before us never reads a request differently.
 */
#include <stddef.h>

#include "vm/request.h"

enum { LUN_HEAD_FIELDS = 64 };

struct lun_head {
	char *method, *target, *version; /* version: "1.1"; target: a path, or "*" with OPTIONS */
	struct lun_header fields[LUN_HEAD_FIELDS];
	size_t fields_len;
};

/* The length of the head with its final empty line and any empty lines before it. 0 when more bytes
 * are needed; -1 when it contains a byte that is no text. */
int lun_head_end(const char *data, int len);
/* Parses a head of len bytes in place; *head points into data. 0, or the HTTP status of the refusal
 * with *why. A target "http://HOST/PATH" becomes "/PATH", and HOST the Host field. */
int lun_head_parse(char *data, size_t len, struct lun_head *head, const char **why);
