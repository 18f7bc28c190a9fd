/*
 * An event is published as { name =, data = }, an end as { name =, error = }, { name =, answer = }
 * with what is no stream of events, or { name =, complete = }.
 */
#include "vm/outgoing_private.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "vm/conn_private.h"
#include "vm/pack.h"

enum {
	PATIENCE = 3, /* seconds without subscribers */
	MAX_PAUSE = 30,
};

#define EVENTS "text/event-stream"

static void publish(struct lun_exchange *stream, const char *key, const char *text, size_t len)
{
	struct lun_blob *payload = NULL;
	struct lun_out out;

	lun_out_init(&out);
	lun_pack_begin(&out);
	lun_pack_text(&out, "name", stream->name, strlen(stream->name));
	lun_pack_text(&out, key, text, len);
	lun_pack_end(&out);
	if (!out.err)
		payload = lun_blob_new(out.data, out.len);
	lun_out_free(&out);
	if (!payload)
		return;
	lun_topic_publish(stream->topic, payload);
	lun_blob_unref(payload);
}

/* The text behind a field's name and colon; NULL when the line is another field. */
static const char *value_of(const char *line, const char *end, const char *field, size_t *len)
{
	size_t name = strlen(field);

	if ((size_t)(end - line) <= name || memcmp(line, field, name) != 0 || line[name] != ':')
		return NULL;
	line += name + 1;
	line += line < end && *line == ' ';
	*len = (size_t)(end - line);
	return line;
}

/* Lunette's events have one line of data. */
static void take_event(struct lun_exchange *stream, const char *at, const char *end)
{
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at)), *text;
		size_t len;

		stop = stop ? stop : end;
		text = value_of(at, stop, "data", &len);
		if (text && len) {
			publish(stream, "data", text, len);
			stream->pause = 0;
		}
		text = value_of(at, stop, "event", &len);
		if (text && len == 8 && memcmp(text, "complete", len) == 0)
			stream->complete = true;
		at = stop + 1;
	}
}

static void take_events(struct lun_exchange *stream)
{
	const char *at = stream->body.data, *end = at + stream->body.len, *stop;

	while ((stop = memmem(at, (size_t)(end - at), "\n\n", 2))) {
		take_event(stream, at, stop);
		at = stop + 2;
	}
	stream->body.len = (size_t)(end - at);
	memmove(stream->body.data, at, stream->body.len);
}

static bool is_stream(struct lun_exchange *stream)
{
	char *type = NULL;
	long status = 0;

	curl_easy_getinfo(stream->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 200 && type && strncasecmp(type, EVENTS, strlen(EVENTS)) == 0;
}

bool lun_exchange_bytes(struct lun_exchange *stream, const char *bytes, size_t len)
{
	if (!stream->known) {
		stream->known = true;
		stream->events = is_stream(stream);
	}
	if (!stream->events || stream->body.len + len > stream->most)
		return false;
	lun_out_mem(&stream->body, bytes, len);
	if (stream->body.err)
		return false;
	take_events(stream);
	return true;
}

void lun_exchange_ended(struct lun_exchange *stream)
{
	const char *why = "the stream ended";

	if (stream->result != CURLE_OK)
		why = lun_exchange_reason(stream);
	if (stream->complete)
		publish(stream, "complete", "", 0);
	else if (stream->result == CURLE_OK && !stream->events && stream->body.len)
		publish(stream, "answer", stream->body.data, stream->body.len);
	else
		publish(stream, "error", why, strlen(why));
	stream->pause = stream->pause < 1 ? 1 : stream->pause * 2;
	if (stream->pause > MAX_PAUSE)
		stream->pause = MAX_PAUSE;
	if (stream->complete)
		stream->pause = INFINITY;
	lun_out_free(&stream->body);
	lun_out_init(&stream->body);
	stream->known = stream->events = stream->too_large = false;
	*stream->error = '\0';
}

bool lun_exchange_wanted(struct lun_exchange *stream, double now)
{
	if (lun_topic_subscribers(stream->topic) || !stream->watched)
		stream->watched = now;
	return now - stream->watched < PATIENCE;
}
