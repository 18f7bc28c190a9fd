#pragma once
/*
 * The users of tokens and their rights. The file holds hashes; it is read again when it changes.
 * One per process.
 */
#include <stdbool.h>

#include "vm/server_state.h"

enum { LUN_TOKEN_MAX = 256, LUN_USER_MAX = 64 };

struct lun_user {
	char name[LUN_USER_MAX];
	bool can_write, can_eval; /* every user may read */
};

/* Reads the file named in the options, if any. 0, or -1 with *err (malloc'd): file, line and
 * error. */
int lun_tokens_open(const struct lun_serve_options *options, char **err);
void lun_tokens_close(void);
/* Finds the user of a token, in a time that does not depend on the token. False when the token is
 * unknown. */
bool lun_tokens_find(const char *token, struct lun_user *user);
