#include "bpf/object/iter_read.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int lun_iter_load(struct bpf_object_skeleton *skeleton, const char *skip)
{
	struct bpf_program *prog;
	int err;

	*skeleton->obj = NULL; /* a load that failed before leaves the closed object's address */
	err = bpf_object__open_skeleton(skeleton, NULL);
	if (!err && skip) {
		prog = bpf_object__find_program_by_name(*skeleton->obj, skip);
		err = prog ? bpf_program__set_autoload(prog, false) : -ENOENT;
	}
	if (!err)
		err = bpf_object__load_skeleton(skeleton);
	if (!err)
		err = bpf_object__attach_skeleton(skeleton);
	if (err)
		bpf_object__destroy_skeleton(skeleton);
	return err;
}

bool lun_iter_may_retry(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EAGAIN;
}

/* Loading without descriptors fails with whatever error libbpf makes of it, such as EINVAL. */
static int check_descriptors(void)
{
	enum { ENOUGH = 16 };
	int fds[ENOUGH], n = 0, err = 0;

	while (n < ENOUGH && !err) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		if (fds[n] < 0)
			err = -errno;
		else
			n++;
	}
	while (n)
		close(fds[--n]);
	return err;
}

static int load(struct lun_iter_object *object)
{
	int err = object->refused ? object->refused : check_descriptors();

	return err ? err : object->load();
}

int lun_iter_ready(struct lun_iter_object *object)
{
	int err = 0;

	pthread_mutex_lock(&object->lock);
	if (!object->loaded)
		err = load(object);
	object->loaded = !err;
	if (err && !lun_iter_may_retry(err))
		object->refused = err;
	pthread_mutex_unlock(&object->lock);
	return err;
}

static int read_all(int fd, struct lun_out *out)
{
	enum { CHUNK = 16384 };
	ssize_t n;
	char *p;

	for (;;) {
		p = lun_out_reserve(out, CHUNK);
		if (!p)
			return out->err;
		n = read(fd, p, CHUNK);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		out->len += (size_t)n;
	}
}

int lun_iter_run(const struct bpf_link *link, struct lun_out *out)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, out);
	close(fd);
	return err;
}
