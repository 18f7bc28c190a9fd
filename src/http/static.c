#include "http/static.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed/embed.h"
#include "http/answer.h"
#include "http/guard.h"
#include "text/gzip.h"

enum { MAX_PATH = 256, MAX_FILES = 512, GZIP_FROM = 512 };

struct file {
	const char *name;
	const void *data;
	size_t size;
	void *owned; /* content read from the disk */
};

/* A file's ETag and gzip, made at the first request and kept. */
struct cached {
	uint64_t hash;
	struct lun_out packed;
	bool made;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cached cache[MAX_FILES];

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".map", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(dot, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static bool read_file(const char *root, const char *name, struct file *file)
{
	char path[1024];
	long size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/web/dist/%s", root, name + strlen("web/"));
	f = fopen(path, "rb");
	if (!f)
		return false;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	file->owned = size >= 0 && size < (64 << 20) ? malloc((size_t)size + 1) : NULL;
	if (file->owned)
		file->size = fread(file->owned, 1, (size_t)size, f);
	file->data = file->owned;
	fclose(f);
	return file->owned != NULL;
}

static bool find_file(const char *root, const char *name, struct file *file)
{
	const struct lun_file *embedded;

	*file = (struct file){ .name = name };
	if (root)
		return read_file(root, name, file);
	embedded = lun_embed_find(name);
	if (!embedded)
		return false;
	file->name = embedded->name;
	file->data = embedded->data;
	file->size = embedded->size;
	return true;
}

static uint64_t hash_of(const struct file *file)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < file->size; i++)
		hash = (hash ^ ((const unsigned char *)file->data)[i]) * UINT64_C(1099511628211);
	return hash;
}

static void make(struct cached *cached, const struct file *file)
{
	cached->hash = hash_of(file);
	lun_out_init(&cached->packed);
	if (file->size >= GZIP_FROM && !strstr(type_of(file->name), "font") &&
		!strstr(type_of(file->name), "png"))
		lun_gzip(&cached->packed, file->data, file->size);
	if (cached->packed.err || cached->packed.len >= file->size)
		lun_out_free(&cached->packed);
	cached->made = true;
}

/* The cache entry of an embedded file; NULL for a file from the disk. */
static struct cached *cached_of(const struct file *file)
{
	size_t count;
	const struct lun_file *list = lun_embed_list(&count);
	size_t web = 0;
	struct cached *found = NULL;

	if (file->owned)
		return NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < count && !found && web < MAX_FILES; i++) {
		if (strncmp(list[i].name, "web/", 4) != 0)
			continue;
		if (list[i].name == file->name)
			found = &cache[web];
		web++;
	}
	if (found && !found->made)
		make(found, file);
	pthread_mutex_unlock(&lock);
	return found;
}

/* Cache-Control: a file with a hash in its name never changes; browsers ask again for others. */
static const char *freshness(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *base = strrchr(name, '/');
	const char *dash = base ? strrchr(base, '-') : NULL;

	if (dash && strspn(dash + 1, letters) == 8 && dash[9] == '.')
		return "public, max-age=31536000, immutable";
	return "no-cache";
}

static void send_file(struct mg_connection *conn, const struct file *file, uint64_t hash,
	const struct lun_out *packed)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	const char *known = lun_header(info, "If-None-Match");
	bool use_packed = packed && packed->len && lun_accepts_gzip(info);
	struct lun_content content = { .data = file->data, .len = file->size };
	char headers[512], tag[32];

	snprintf(
		tag, sizeof(tag), "\"%016llx%s\"", (unsigned long long)hash, use_packed ? "z" : "");
	snprintf(headers, sizeof(headers),
		"Content-Type: %s\r\nETag: %s\r\nCache-Control: %s\r\nVary: Accept-Encoding\r\n%s",
		type_of(file->name), tag, freshness(file->name),
		use_packed ? "Content-Encoding: gzip\r\n" : "");
	content.headers = headers;
	if (use_packed) {
		content.data = packed->data;
		content.len = packed->len;
	}
	lun_answer_content(conn, known && strstr(known, tag) ? 304 : 200, &content);
}

static bool is_reading(const struct mg_request_info *info)
{
	return strcmp(info->request_method, "GET") == 0 ||
		strcmp(info->request_method, "HEAD") == 0;
}

static bool wants_page(const struct mg_request_info *info)
{
	const char *accept = lun_header(info, "Accept");

	return accept && strstr(accept, "text/html");
}

/* Finds the file for a path: the file itself, a folder's index, or the explorer's page for the
 * explorer's own paths. */
static bool find_for(
	const char *root, const struct mg_request_info *info, struct file *file, char *name)
{
	const char *path = info->local_uri;
	size_t len = strlen(path);

	if (path[0] != '/' || len + 16 > MAX_PATH || strstr(path, ".."))
		return false;
	snprintf(name, MAX_PATH, "web%s%s", path, path[len - 1] == '/' ? "index.html" : "");
	if (find_file(root, name, file))
		return true;
	snprintf(name, MAX_PATH, "web%s/index.html", path);
	return find_file(root, name, file);
}

static bool answer_with(struct mg_connection *conn, struct file *file)
{
	struct cached *cached = cached_of(file);

	if (cached)
		send_file(conn, file, cached->hash, &cached->packed);
	else
		send_file(conn, file, hash_of(file), NULL);
	free(file->owned);
	return true;
}

bool lun_static_answer(struct mg_connection *conn, const char *root)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	char name[MAX_PATH];
	struct file file;

	if (!is_reading(info))
		return false;
	return find_for(root, info, &file, name) && answer_with(conn, &file);
}

static bool refuse_method(struct mg_connection *conn, struct file *file)
{
	free(file->owned);
	lun_answer_error(conn, 405, "a file is only read", "Allow: GET, HEAD\r\n", false);
	return true;
}

bool lun_static_rest(struct mg_connection *conn, const char *root)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	char name[MAX_PATH];
	struct file file;

	if (!is_reading(info))
		return find_for(root, info, &file, name) && refuse_method(conn, &file);
	return wants_page(info) && find_file(root, "web/index.html", &file) &&
		answer_with(conn, &file);
}
