#pragma once
/*
 * Who a token belongs to, and what it allows. The file of tokens holds hashes; a changed file is
 * read again. One a process.
 */
#include <stdbool.h>

#include "vm/server_state.h"

enum { LUN_TOKEN_MAX = 256, LUN_USER_MAX = 64 };

struct lun_user {
	char name[LUN_USER_MAX];
	bool can_write, can_eval; /* all may read */
};

/* Reads the file that the options name, if they do. 0, or -1 with *err (malloc'd): file, line and
 * what is wrong there. */
int lun_tokens_open(const struct lun_serve_options *options, char **err);
void lun_tokens_close(void);
/* The user of a token; takes as long for each token. False: nobody's. */
bool lun_tokens_find(const char *token, struct lun_user *user);
