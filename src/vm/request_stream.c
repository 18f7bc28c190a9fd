#include "vm/request_stream.h"

#include <errno.h>
#include <lauxlib.h>
#include <pthread.h>
#include <stdlib.h>

#include "vm/job.h"

struct stream {
	struct lun_source source;
	struct lun_worker *worker; /* held */
	unsigned epoch;
	int ref;
};

/* Owned by the job and the waiting thread: the last of both frees it. */
struct pull {
	struct lun_job job;
	unsigned epoch;
	int ref;
	struct lun_out out;
	int result;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
};

static int l_pull(lua_State *L)
{
	struct pull *pull = lua_touserdata(L, 1);
	size_t len;
	const char *chunk;

	if (pull->epoch != lun_worker_epoch(lun_worker_current()))
		return luaL_error(L, "the VM of this stream was replaced");
	lua_rawgeti(L, LUA_REGISTRYINDEX, pull->ref);
	lua_call(L, 0, 2);
	if (lua_isnil(L, -2) && !lua_isnil(L, -1))
		return luaL_error(L, "stream: %s", luaL_tolstring(L, -1, NULL));
	if (lua_isnil(L, -2))
		return 0;
	chunk = luaL_checklstring(L, -2, &len);
	lun_out_mem(&pull->out, chunk, len);
	pull->result = 1;
	return 0;
}

static void finish(struct lun_job *job, const char *err, bool given_up)
{
	struct pull *pull = (struct pull *)job;

	pthread_mutex_lock(&pull->lock);
	if (err)
		pull->result = -EIO;
	if (given_up)
		pull->result = -ETIMEDOUT;
	pull->is_done = true;
	pthread_cond_signal(&pull->done);
	pthread_mutex_unlock(&pull->lock);
}

static void free_pull(struct lun_job *job)
{
	struct pull *pull = (struct pull *)job;

	lun_out_free(&pull->out);
	pthread_cond_destroy(&pull->done);
	pthread_mutex_destroy(&pull->lock);
	free(pull);
}

static struct pull *new_pull(const struct stream *stream, lua_CFunction call)
{
	struct pull *pull = calloc(1, sizeof(*pull));

	if (!pull)
		return NULL;
	pull->job = lun_job_of(call, finish, free_pull);
	atomic_store(&pull->job.refs, 2);
	pull->epoch = stream->epoch;
	pull->ref = stream->ref;
	pthread_mutex_init(&pull->lock, NULL);
	pthread_cond_init(&pull->done, NULL);
	return pull;
}

/* An abandoned job may still write into the text, so the text is not moved. */
static int wait_for(struct pull *pull, struct lun_out *out)
{
	int result;

	pthread_mutex_lock(&pull->lock);
	while (!pull->is_done)
		pthread_cond_wait(&pull->done, &pull->lock);
	result = pull->result;
	pthread_mutex_unlock(&pull->lock);
	if (result > 0 && out)
		lun_out_mem(out, pull->out.data, pull->out.len);
	return result;
}

static int run(struct stream *stream, lua_CFunction call, struct lun_out *out)
{
	struct pull *pull = new_pull(stream, call);
	int result;

	if (!pull)
		return -ENOMEM;
	if (lun_job_send(stream->worker, &pull->job)) {
		lun_job_unref(&pull->job);
		result = -ESHUTDOWN;
	} else {
		result = wait_for(pull, out);
	}
	lun_job_unref(&pull->job);
	return result;
}

static int stream_pull(struct lun_source *source, struct lun_out *out)
{
	return run((struct stream *)source, l_pull, out);
}

static int l_end(lua_State *L)
{
	struct pull *pull = lua_touserdata(L, 1);

	if (pull->epoch == lun_worker_epoch(lun_worker_current()))
		luaL_unref(L, LUA_REGISTRYINDEX, pull->ref);
	return 0;
}

static void stream_close(struct lun_source *source)
{
	struct stream *stream = (struct stream *)source;

	run(stream, l_end, NULL);
	lun_worker_release(stream->worker);
	free(stream);
}

struct lun_source *lun_stream_new(lua_State *L)
{
	struct stream *stream;
	int ref = luaL_ref(L, LUA_REGISTRYINDEX);

	stream = malloc(sizeof(*stream));
	if (!stream) {
		luaL_unref(L, LUA_REGISTRYINDEX, ref);
		luaL_error(L, "not enough memory");
	}
	stream->source = (struct lun_source){ .pull = stream_pull, .close = stream_close };
	stream->worker = lun_worker_hold(lun_worker_current());
	stream->epoch = lun_worker_epoch(stream->worker);
	stream->ref = ref;
	return &stream->source;
}
