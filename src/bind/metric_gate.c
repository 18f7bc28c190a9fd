/*
 * A page that is written while its slow parts are still being made: a text that is ready, then a
 * gate, and behind it a source that is not read before the VM has opened the gate. When the time
 * comes and the VM has not (it may wait for something that does not come), the page is sealed
 * and written without what is missing.
 */
#include "bind/metric.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "vm/names.h"
#include "vm/source.h"
#include "text/source.h"

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool open;
	double until; /* on the monotonic clock, in seconds; INFINITY: for ever */
	int holders;  /* the VM's object and the source */
};

struct gated {
	struct lun_source base;
	struct gate *gate;
	struct lun_out text;
	struct lun_source *inner;
	struct lun_page *page;
};

static void gate_init(struct gate *gate)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&gate->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&gate->opened, &attr);
	pthread_condattr_destroy(&attr);
	gate->until = INFINITY;
	gate->holders = 1;
}

static void gate_release(struct gate *gate)
{
	if (__atomic_sub_fetch(&gate->holders, 1, __ATOMIC_ACQ_REL))
		return;
	pthread_cond_destroy(&gate->opened);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

static void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->opened);
	pthread_mutex_unlock(&gate->lock);
}

static void gate_by(struct gate *gate, double until)
{
	pthread_mutex_lock(&gate->lock);
	gate->until = until;
	pthread_cond_broadcast(&gate->opened);
	pthread_mutex_unlock(&gate->lock);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void wait_until(struct gate *gate, double until)
{
	double whole = floor(until);
	struct timespec t = { (time_t)whole, (long)((until - whole) * 1e9) };

	if (isinf(until))
		pthread_cond_wait(&gate->opened, &gate->lock);
	else
		pthread_cond_timedwait(&gate->opened, &gate->lock, &t);
}

/* Whether it was opened; not when the time came first. */
static bool gate_wait(struct gate *gate)
{
	bool open;

	pthread_mutex_lock(&gate->lock);
	while (!gate->open && now() < gate->until)
		wait_until(gate, gate->until);
	open = gate->open;
	pthread_mutex_unlock(&gate->lock);
	return open;
}

static int gated_pull(struct lun_source *base, struct lun_out *out)
{
	struct gated *src = (struct gated *)base;

	if (src->text.len) {
		lun_out_mem(out, src->text.data, src->text.len);
		lun_out_free(&src->text);
		return 1;
	}
	if (!gate_wait(src->gate))
		lun_page_seal(src->page);
	return src->inner->pull(src->inner, out);
}

static const char *gated_note(const struct lun_source *base)
{
	return lun_source_note(((const struct gated *)base)->inner);
}

/* Without waiting: the VM has no part of the source in its hands, only of what that reads. */
static void gated_close(struct lun_source *base)
{
	struct gated *src = (struct gated *)base;

	src->inner->close(src->inner);
	lun_page_unref(src->page);
	lun_out_free(&src->text);
	gate_release(src->gate);
	free(src);
}

/* gate() -> gate: closed */
static int l_gate(lua_State *L)
{
	struct gate **slot = lua_newuserdatauv(L, sizeof(*slot), 0);
	struct gate *gate;

	*slot = NULL;
	luaL_setmetatable(L, LUN_GATE);
	gate = calloc(1, sizeof(*gate));
	if (!gate)
		return luaL_error(L, "not enough memory");
	gate_init(gate);
	*slot = gate;
	return 1;
}

/* gate:open(): for good; so does closing it */
static int l_gate_open(lua_State *L)
{
	struct gate **slot = luaL_checkudata(L, 1, LUN_GATE);

	if (!*slot)
		return 0;
	gate_open(*slot);
	gate_release(*slot);
	*slot = NULL;
	return 0;
}

/* gate:by(seconds): when that is on the monotonic clock, nobody waits any more */
static int l_gate_by(lua_State *L)
{
	struct gate **slot = luaL_checkudata(L, 1, LUN_GATE);
	double until = luaL_checknumber(L, 2);

	if (*slot)
		gate_by(*slot, until);
	return 0;
}

/* gate:source(text, source, page) -> source: the text at once, the source (which it takes over,
 * and which writes that page) when the gate is open, or the page is sealed as its time has come */
static int l_gate_source(lua_State *L)
{
	struct gate **gate = luaL_checkudata(L, 1, LUN_GATE);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);
	struct lun_source **slot;
	struct lun_page *page = lun_page_check(L, 4);
	struct gated *src;

	luaL_argcheck(L, *gate, 1, "the gate is open");
	luaL_argcheck(L, lun_source_test(L, 3), 3, "no open source");
	slot = lun_source_new(L);
	src = calloc(1, sizeof(*src));
	if (!src)
		return luaL_error(L, "not enough memory");
	src->base =
		(struct lun_source){ .pull = gated_pull, .note = gated_note, .close = gated_close };
	lun_out_init(&src->text);
	lun_out_mem(&src->text, text, len);
	src->gate = *gate;
	__atomic_add_fetch(&src->gate->holders, 1, __ATOMIC_RELAXED);
	src->inner = lun_source_take(L, 3);
	src->page = lun_page_ref(page);
	*slot = &src->base;
	return 1;
}

static const luaL_Reg functions[] = {
	{ "gate", l_gate },
	{ NULL, NULL },
};

static const luaL_Reg gate_methods[] = {
	{ "open", l_gate_open },
	{ "by", l_gate_by },
	{ "source", l_gate_source },
	{ "__gc", l_gate_open },
	{ "__close", l_gate_open },
	{ NULL, NULL },
};

void lun_metric_open_gate(lua_State *L)
{
	lun_metric_class(L, LUN_GATE, gate_methods);
	luaL_setfuncs(L, functions, 0);
}
