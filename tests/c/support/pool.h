#pragma once
/*
 * Helpers for tests of the pool: a pool whose VMs load one script, requests, connections, and a job
 * that is stuck in C code until it is released.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/modules.h"
#include "text/monotonic.h"
#include "vm/job.h"
#include "vm/pack.h"
#include "vm/request.h"
#include "vm/vm.h"

enum { ALARM = 300 }; /* seconds: a hanging test is ended */

struct served {
	char folder[64], script[80];
	struct lun_vm_config vm;
	struct lun_pool_config config;
	struct lun_out options;
	struct lun_pool *pool;
	char *err;
};

static const luaL_Reg *const pool_modules[] = { lun_bind_modules, NULL };

static inline void write_script(const struct served *served, const char *code)
{
	FILE *file = fopen(served->script, "w");

	assert_non_null(file);
	fputs("local lunette = require('lunette')\n", file);
	fputs(code, file);
	fclose(file);
}

static inline void pack_options(struct served *served)
{
	lua_State *L = luaL_newstate();

	lua_newtable(L);
	lua_newtable(L);
	lua_pushstring(L, served->script);
	lua_rawseti(L, -2, 1);
	lua_setfield(L, -2, "scripts");
	lua_newtable(L);
	lua_setfield(L, -2, "etm");
	lun_out_init(&served->options);
	assert_null(lun_pack(L, -1, &served->options));
	lua_close(L);
}

/* Makes a pool; served->pool is NULL when the script fails, with the reason in served->err. */
static inline void serve(struct served *served, const char *code, unsigned workers, double seconds)
{
	alarm(ALARM);
	*served = (struct served){ .folder = "/tmp/lunette-pool-XXXXXX" };
	assert_non_null(mkdtemp(served->folder));
	snprintf(served->script, sizeof(served->script), "%s/a.lua", served->folder);
	write_script(served, code);
	pack_options(served);
	served->vm = (struct lun_vm_config){ .contained = true, .modules = pool_modules };
	served->config = (struct lun_pool_config){ .vm = &served->vm,
		.workers = workers,
		.queue = 4,
		.seconds = seconds,
		.load_seconds = 120,
		.patience = 0.3,
		.options = served->options.data,
		.options_len = served->options.len };
	served->pool = lun_pool_open(&served->config, &served->err);
}

static inline void serve_well(
	struct served *served, const char *code, unsigned workers, double seconds)
{
	serve(served, code, workers, seconds);
	if (!served->pool)
		fail_msg("%s", served->err);
}

static inline void end_serving(struct served *served)
{
	if (served->pool)
		lun_pool_close(served->pool, 60);
	free(served->err);
	lun_out_free(&served->options);
	unlink(served->script);
	rmdir(served->folder);
}

static inline struct lun_pool_figures figures_of(const struct served *served)
{
	struct lun_pool_figures figures;

	lun_pool_figures(served->pool, &figures);
	return figures;
}

/* GET path -> the body, which the caller frees; NULL without a reply. *status: the status, or the
 * error. */
static inline char *get(const struct served *served, const char *path, int *status)
{
	struct lun_request request = {
		.method = "GET", .path = path, .remote = "127.0.0.1", .authorized = true
	};
	struct lun_reply reply;
	struct lun_out body;
	char *text = NULL;

	lun_out_init(&body);
	*status = lun_request_run(served->pool, &request, &body, &reply);
	if (*status)
		return NULL;
	*status = reply.status;
	text = strndup(reply.body.data ? reply.body.data : "", reply.body.len);
	lun_reply_free(&reply);
	return text;
}

static inline void check_get(const struct served *served, const char *path, const char *wanted)
{
	int status;
	char *text = get(served, path, &status);

	if (!text || strcmp(text, wanted) != 0)
		fail_msg("%s: %d, %s", path, status, text ? text : "no reply");
	free(text);
}

/* Repeats GET path until it answers so: services work in the background. */
static inline void wait_for(const struct served *served, const char *path, const char *wanted)
{
	for (;;) {
		int status;
		char *text = get(served, path, &status);
		bool is_there = text && strcmp(text, wanted) == 0;

		free(text);
		if (is_there)
			return;
		usleep(10000);
	}
}

/* An open connection to a path of lunette.http.websocket. */
static inline struct lun_conn *connect_to(const struct served *served, const char *path)
{
	struct lun_request request = { .method = "GET",
		.path = path,
		.remote = "127.0.0.1",
		.authorized = true,
		.websocket = true };
	struct lun_conn *conn;
	struct lun_reply reply;
	struct lun_out body;

	lun_out_init(&body);
	assert_int_equal(lun_request_run(served->pool, &request, &body, &reply), 0);
	assert_int_equal(reply.status, 101);
	conn = reply.conn;
	reply.conn = NULL;
	lun_reply_free(&reply);
	assert_non_null(conn);
	assert_int_equal(lun_conn_opened(conn), 0);
	return conn;
}

static inline void check_next(struct lun_conn *conn, const char *wanted)
{
	struct lun_message *message = NULL;
	char reason[124];
	int code;

	assert_int_equal(lun_conn_next(conn, ALARM * 1000, &message, &code, reason), 1);
	if (message->text->len != strlen(wanted) ||
		memcmp(message->text->data, wanted, strlen(wanted)) != 0)
		fail_msg("%.*s, not %s", (int)message->text->len, message->text->data, wanted);
	lun_message_free(message);
}

/* The code with which the connection must be closed. */
static inline int wait_for_close(struct lun_conn *conn)
{
	struct lun_message *message;
	char reason[124];
	int code = 0, got;

	while ((got = lun_conn_next(conn, ALARM * 1000, &message, &code, reason)) > 0)
		lun_message_free(message);
	assert_int_equal(got, -1);
	return code;
}

/* A job that blocks until it is released. */
struct stuck_job {
	struct lun_job job;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool started, released, finished, given_up, freed;
	char err[256];
};

static inline void set_flag(struct stuck_job *job, bool *flag)
{
	pthread_mutex_lock(&job->lock);
	*flag = true;
	pthread_cond_broadcast(&job->changed);
	pthread_mutex_unlock(&job->lock);
}

static inline void await(struct stuck_job *job, const bool *flag)
{
	pthread_mutex_lock(&job->lock);
	while (!*flag)
		pthread_cond_wait(&job->changed, &job->lock);
	pthread_mutex_unlock(&job->lock);
}

static inline int l_get_stuck(lua_State *L)
{
	struct stuck_job *job = lua_touserdata(L, 1);

	set_flag(job, &job->started);
	await(job, &job->released);
	return 0;
}

static inline void finish_stuck(struct lun_job *base, const char *err, bool given_up)
{
	struct stuck_job *job = (struct stuck_job *)base;

	snprintf(job->err, sizeof(job->err), "%s", err ? err : "");
	job->given_up = given_up;
	set_flag(job, &job->finished);
}

static inline void free_stuck(struct lun_job *base)
{
	struct stuck_job *job = (struct stuck_job *)base;

	set_flag(job, &job->freed);
}

static inline void init_stuck(struct stuck_job *job)
{
	*job = (struct stuck_job){ .job = lun_job_of(l_get_stuck, finish_stuck, free_stuck) };
	pthread_mutex_init(&job->lock, NULL);
	pthread_cond_init(&job->changed, NULL);
}

static inline void get_stuck(const struct served *served, struct stuck_job *job)
{
	init_stuck(job);
	assert_int_equal(lun_job_submit(served->pool, &job->job), 0);
	await(job, &job->started);
}

/* Releases the job and waits until the VM has finished it. */
static inline void let_go(struct stuck_job *job)
{
	set_flag(job, &job->released);
	await(job, &job->freed);
	pthread_mutex_lock(&job->lock); // waits until the setting thread has left the lock
	pthread_mutex_unlock(&job->lock);
	pthread_cond_destroy(&job->changed);
	pthread_mutex_destroy(&job->lock);
}
