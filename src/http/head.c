#include "http/head.h"

#include <string.h>
#include <strings.h>

static bool is_text(unsigned char c)
{
	return (c >= ' ' && c != 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

int lun_head_end(const char *data, int len)
{
	int at = 0, line = 0; /* line: length of the line so far, without CR */

	while (at < len && (data[at] == '\r' || data[at] == '\n'))
		at++;
	for (; at < len; at++) {
		if (!is_text((unsigned char)data[at]))
			return -1;
		if (data[at] == '\n' && line == 0)
			return at + 1;
		if (data[at] == '\n')
			line = 0;
		else if (data[at] != '\r')
			line++;
	}
	return 0;
}

static int refuse(const char **why, int status, const char *message)
{
	*why = message;
	return status;
}

/* Cuts the line at *at and moves *at after it. NULL when the line does not end with CR LF. */
static char *take_line(char **at, const char *end)
{
	char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));

	if (!lf || lf == line || lf[-1] != '\r' || memchr(line, '\r', (size_t)(lf - 1 - line)))
		return NULL;
	lf[-1] = '\0';
	*at = lf + 1;
	return line;
}

/* The length of the token (method or field name) at text. */
static size_t token_len(const char *text)
{
	return strspn(text,
		"!#$%&'*+-.^_`|~0123456789"
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_target(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || *text == '#')
			return false;
	}
	return true;
}

/* "GET /path HTTP/1.1" */
static int parse_request_line(char *line, struct lun_head *head, const char **why)
{
	size_t len = token_len(line);
	char *space = line[len] == ' ' ? strchr(line + len + 1, ' ') : NULL;

	if (len == 0 || !space)
		return refuse(why, 400, "the request line is no METHOD TARGET HTTP/1.1");
	head->method = line;
	line[len] = *space = '\0';
	head->target = line + len + 1;
	head->version = space + 1;
	if (!is_target(head->target) || !*head->target)
		return refuse(why, 400, "the request's target is no path");
	if (strncmp(head->version, "HTTP/", 5) != 0)
		return refuse(why, 400, "the request line is no METHOD TARGET HTTP/1.1");
	head->version += 5;
	if (strcmp(head->version, "1.1") != 0 && strcmp(head->version, "1.0") != 0)
		return refuse(why, 505, "HTTP/1.1 and HTTP/1.0 are known");
	return 0;
}

static int parse_field(char *line, struct lun_head *head, const char **why)
{
	size_t len = token_len(line);
	char *value = line + len + 1, *end;

	if (*line == ' ' || *line == '\t')
		return refuse(
			why, 400, "a header line begins with a blank (folded lines are refused)");
	if (len == 0 || line[len] != ':')
		return refuse(why, 400, "a header line is no NAME: VALUE");
	if (head->fields_len == LUN_HEAD_FIELDS)
		return refuse(why, 431, "more than 64 header lines");
	line[len] = '\0';
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	head->fields[head->fields_len++] = (struct lun_header){ line, value };
	return 0;
}

/* Sets the Host field to the target's host, which takes precedence (RFC 9112, 3.2.2). */
static int set_host(struct lun_head *head, const char *host, const char **why)
{
	for (size_t i = 0; i < head->fields_len; i++) {
		if (strcasecmp(head->fields[i].name, "Host") == 0) {
			head->fields[i].value = host;
			return 0; // a second Host field is refused by guard.c
		}
	}
	if (head->fields_len == LUN_HEAD_FIELDS)
		return refuse(why, 431, "more than 64 header lines");
	if (strcmp(head->version, "1.0") == 0)
		head->fields[head->fields_len++] = (struct lun_header){ "Host", host };
	return 0;
}

/* Splits "http://HOST/PATH". Moves the host forward, which makes room for its NUL and for the "/"
 * of an empty path. */
static int split_absolute(struct lun_head *head, size_t scheme, const char **why)
{
	char *host = head->target + scheme;
	size_t len = strcspn(host, "/?");
	char *path = host + len;

	if (len == 0)
		return refuse(why, 400, "the request's target has no host");
	memmove(head->target, host, len);
	head->target[len] = '\0';
	if (*path != '/')
		*--path = '/';
	host = head->target;
	head->target = path;
	return set_host(head, host, why);
}

static int normalize_target(struct lun_head *head, const char **why)
{
	if (head->target[0] == '/')
		return 0;
	if (strcmp(head->target, "*") == 0 && strcmp(head->method, "OPTIONS") == 0)
		return 0;
	if (strncasecmp(head->target, "http://", 7) == 0)
		return split_absolute(head, 7, why);
	if (strncasecmp(head->target, "https://", 8) == 0)
		return split_absolute(head, 8, why);
	return refuse(why, 400, "the request's target is no path");
}

int lun_head_parse(char *data, size_t len, struct lun_head *head, const char **why)
{
	const char *end = data + len;
	char *line;
	int status;

	head->fields_len = 0;
	while (data < end && (*data == '\r' || *data == '\n'))
		data++;
	line = take_line(&data, end);
	if (!line)
		return refuse(why, 400, "a line of the request does not end with CR LF");
	status = parse_request_line(line, head, why);
	while (!status) {
		line = take_line(&data, end);
		if (!line)
			return refuse(why, 400, "a line of the request does not end with CR LF");
		if (!*line)
			return normalize_target(head, why);
		status = parse_field(line, head, why);
	}
	return status;
}
