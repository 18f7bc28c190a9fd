#include "http/health.h"

#include <string.h>

#include "http/answer.h"
#include "text/json.h"

static bool is_path(const char *path, size_t len)
{
	return (len == 8 && memcmp(path, "/healthz", len) == 0) ||
		(len == 7 && memcmp(path, "/readyz", len) == 0);
}

bool lun_health_is_path(const char *path)
{
	return is_path(path, strlen(path));
}

static void write_text(struct lun_out *out, const char *name, const char *text)
{
	lun_out_printf(out, ",\"%s\":", name);
	lun_json_str(out, text, strlen(text));
}

/* Why nothing can be answered, or NULL. */
static const char *reason_for(const struct lun_server_summary *summary)
{
	const char *reason = lun_server_unready();

	if (reason || summary->workers || !summary->generation)
		return reason;
	return "all VMs are stuck in C code of scripts; see the log";
}

static int write_ready(struct lun_out *out)
{
	struct lun_server_summary summary;
	const char *reason;

	lun_server_summary(&summary);
	reason = reason_for(&summary);
	lun_out_printf(out, "{\"ready\":%s", reason ? "false" : "true");
	if (reason)
		write_text(out, "reason", reason);
	if (summary.stuck)
		lun_out_printf(out, ",\"stuck_vms\":%u", summary.stuck);
	if (summary.services_waiting)
		lun_out_printf(out, ",\"services_waiting\":%u", summary.services_waiting);
	lun_out_str(out, "}\n");
	return reason ? 503 : 200;
}

static void write_health(struct lun_out *out, bool detailed)
{
	struct lun_server_summary summary;

	lun_server_summary(&summary);
	lun_out_printf(out, "{\"status\":\"%s\"", summary.degraded ? "degraded" : "ok");
	write_text(out, "version", summary.version);
	lun_out_str(out, ",\"uptime\":");
	lun_out_double(out, summary.uptime);
	lun_out_printf(out, ",\"generation\":%u", summary.generation);
	if (detailed) {
		lun_out_str(out, ",\"errors\":");
		lun_server_write_errors(out);
	}
	lun_out_str(out, "}\n");
}

int lun_health_write(struct lun_out *out, const char *path, bool detailed)
{
	if (strncmp(path, "/readyz", 7) == 0)
		return write_ready(out);
	write_health(out, detailed);
	return 200;
}

void lun_health_write_response(struct lun_out *out, const char *method, const char *target)
{
	bool head = strcmp(method, "HEAD") == 0;
	struct lun_out body;
	int status;

	if ((!head && strcmp(method, "GET") != 0) || !is_path(target, strcspn(target, "?")))
		return;
	lun_out_init(&body);
	status = lun_health_write(&body, target, false);
	lun_out_printf(out,
		"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: "
		"%zu\r\n\r\n",
		status, status == 200 ? "OK" : "Service Unavailable", body.len);
	if (!head)
		lun_out_mem(out, body.data, body.len);
	if (body.err)
		out->err = body.err;
	lun_out_free(&body);
	lun_server_answered(status);
}

void lun_health_answer(struct mg_connection *conn, bool detailed)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	static const char allow[] = "Allow: GET, HEAD, OPTIONS\r\n";
	struct lun_content content = { .headers = "Content-Type: application/json\r\n" };
	struct lun_out body;
	int status;

	if (strcmp(info->request_method, "OPTIONS") == 0) {
		content.headers = allow;
		lun_answer_content(conn, 204, &content);
		return;
	}
	if (strcmp(info->request_method, "GET") != 0 && strcmp(info->request_method, "HEAD") != 0) {
		lun_answer_error(conn, 405, "this path is only read", allow, false);
		return;
	}
	lun_out_init(&body);
	status = lun_health_write(&body, info->local_uri, detailed);
	content.data = body.data;
	content.len = body.len;
	lun_answer_content(conn, status, &content);
	lun_out_free(&body);
}
