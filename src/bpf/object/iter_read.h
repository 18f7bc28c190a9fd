#pragma once
/* BPF iterators of our own: an object of them is loaded once, each is read to its end. */
#include <pthread.h>
#include <stdbool.h>

#include "text/out.h"

struct bpf_link;
struct bpf_object_skeleton;

/* An object of iterators that the process loads at the first use and keeps. */
struct lun_iter_object {
	int (*load)(void); /* calls lun_iter_load with a new skeleton: 0 or -errno */
	pthread_mutex_t lock;
	bool loaded;
	int refused; /* kept, so that a refused object is not loaded again at every call */
};

#define LUN_ITER_OBJECT(fn)                                                                        \
	{                                                                                          \
		.load = (fn), .lock = PTHREAD_MUTEX_INITIALIZER                                    \
	}

/* Opens, loads and attaches the skeleton's object, but not the program named `skip`, which may be
 * NULL. 0, or -errno with the skeleton destroyed. */
int lun_iter_load(struct bpf_object_skeleton *skeleton, const char *skip);
/* Whether a later load may succeed: err says that descriptors or memory are short now. */
bool lun_iter_may_retry(int err);
/* Loads the object unless it is loaded. 0 or -errno. */
int lun_iter_ready(struct lun_iter_object *object);
/* Runs the link's iterator in the thread's namespaces, appending to out. 0 or -errno. */
int lun_iter_run(const struct bpf_link *link, struct lun_out *out);
