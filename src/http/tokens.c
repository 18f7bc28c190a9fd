#include "http/tokens.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text/log.h"
#include "text/monotonic.h"

enum { HEX = 2 * SHA256_DIGEST_LENGTH, LINE = 512, MOST = 1000, LOOK_MS = 1000 };

struct entry {
	struct lun_user user;
	unsigned char hash[SHA256_DIGEST_LENGTH];
};

struct list {
	struct entry *entries;
	size_t len;
};

static struct {
	const char *path;
	pthread_mutex_t lock; /* guards the members below */
	struct list list;
	struct stat read; /* the file's state when it was read */
	uint64_t looked;
} tokens = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool read_hash(const char *hex, unsigned char *hash)
{
	if (strlen(hex) != HEX || strspn(hex, "0123456789abcdefABCDEF") != HEX)
		return false;
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		unsigned byte;

		sscanf(hex + 2 * i, "%2x", &byte);
		hash[i] = (unsigned char)byte;
	}
	return true;
}

/* Each role includes the rights of the roles before it. */
static bool read_role(const char *name, struct lun_user *user)
{
	user->can_eval = strcmp(name, "eval") == 0;
	user->can_write = user->can_eval || strcmp(name, "write") == 0;
	return user->can_write || strcmp(name, "read") == 0;
}

/* Parses "NAME ROLE SHA256"; returns NULL or the error. */
static const char *read_entry(const char *line, struct entry *entry)
{
	char name[LINE], role[LINE], hash[LINE], more[LINE];

	if (sscanf(line, "%511s %511s %511s %511s", name, role, hash, more) != 3)
		return "NAME ROLE SHA256 is needed";
	if (strlen(name) >= LUN_USER_MAX)
		return "the name is longer than 63 bytes";
	if (!read_role(role, &entry->user))
		return "the role is none of read, write, eval";
	if (!read_hash(hash, entry->hash))
		return "the hash is not 64 hexadecimal digits (lunette token NAME ROLE writes a "
		       "line)";
	snprintf(entry->user.name, sizeof(entry->user.name), "%.63s", name);
	return NULL;
}

static const char *add_line(struct list *list, const char *line)
{
	struct entry *grown, entry;
	const char *wrong;

	line += strspn(line, " \t");
	if (*line == '#' || *line == '\n' || *line == '\0')
		return NULL;
	wrong = read_entry(line, &entry);
	if (wrong)
		return wrong;
	if (list->len == MOST)
		return "more than 1000 tokens";
	grown = realloc(list->entries, (list->len + 1) * sizeof(*grown));
	if (!grown)
		return "not enough memory";
	list->entries = grown;
	list->entries[list->len++] = entry;
	return NULL;
}

static const char *check_file(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "this is no regular file";
	return st->st_mode & 07 ? "every user can read or write this file: chmod 600" : NULL;
}

/* Reads the whole file; false with the error. */
static bool read_lines(FILE *file, struct list *list, char *why, size_t len)
{
	char line[LINE];

	for (int n = 1; fgets(line, sizeof(line), file); n++) {
		const char *wrong = strchr(line, '\n') || feof(file)
			? add_line(list, line)
			: "the line is longer than 510 bytes";

		if (wrong) {
			snprintf(why, len, "%s:%d: %s", tokens.path, n, wrong);
			return false;
		}
	}
	return true;
}

static bool read_file(struct list *list, struct stat *st, char *why, size_t len)
{
	FILE *file = fopen(tokens.path, "re");
	const char *wrong = !file || fstat(fileno(file), st) ? strerror(errno) : check_file(st);
	bool ok = false;

	*list = (struct list){ 0 };
	if (wrong)
		snprintf(why, len, "%s: %s", tokens.path, wrong);
	else
		ok = read_lines(file, list, why, len);
	if (file)
		fclose(file);
	if (!ok)
		free(list->entries);
	return ok;
}

static bool has_changed(void)
{
	struct stat st;

	if (stat(tokens.path, &st))
		return false; // the file is just being replaced
	if (st.st_ino == tokens.read.st_ino && st.st_size == tokens.read.st_size &&
		st.st_mtim.tv_sec == tokens.read.st_mtim.tv_sec &&
		st.st_mtim.tv_nsec == tokens.read.st_mtim.tv_nsec)
		return false;
	tokens.read = st;
	return true;
}

static void refresh(void)
{
	uint64_t now = lun_monotonic_ms();
	struct list list;
	char why[LINE + 128];

	if (now - tokens.looked < LOOK_MS)
		return;
	tokens.looked = now;
	if (!has_changed())
		return;
	if (!read_file(&list, &tokens.read, why, sizeof(why))) {
		lun_log("error", "the tokens before stay: %s", why);
		return;
	}
	free(tokens.list.entries);
	tokens.list = list;
	lun_log("info", "tokens read again: %zu in %s", list.len, tokens.path);
}

int lun_tokens_open(const struct lun_serve_options *options, char **err)
{
	char why[LINE + 128];

	tokens.path = options->tokens;
	if (!tokens.path)
		return 0;
	tokens.looked = lun_monotonic_ms();
	if (read_file(&tokens.list, &tokens.read, why, sizeof(why)))
		return 0;
	tokens.list = (struct list){ 0 };
	*err = strdup(why);
	return -1;
}

void lun_tokens_close(void)
{
	free(tokens.list.entries);
	tokens.list = (struct list){ 0 };
}

bool lun_tokens_find(const char *token, struct lun_user *user)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	bool found = false;

	if (!tokens.path)
		return false;
	SHA256((const unsigned char *)token, strlen(token), hash);
	pthread_mutex_lock(&tokens.lock);
	refresh();
	for (size_t i = 0; i < tokens.list.len; i++) {
		const struct entry *entry = &tokens.list.entries[i];

		if (CRYPTO_memcmp(entry->hash, hash, sizeof(hash)) == 0) {
			*user = entry->user;
			found = true;
		}
	}
	pthread_mutex_unlock(&tokens.lock);
	return found;
}
