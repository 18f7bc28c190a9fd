#include "bpf/attach/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int lun_netlink_open(struct lun_netlink *nl)
{
	nl->seq = 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return nl->fd < 0 ? -errno : 0;
}

void lun_netlink_close(struct lun_netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

static int ask(struct lun_netlink *nl, const struct lun_netlink_question *question)
{
	struct {
		struct nlmsghdr head;
		char body[64];
	} request;

	memset(&request, 0, sizeof(request));
	if (question->size > sizeof(request.body))
		return -EINVAL;
	request.head.nlmsg_len = (unsigned int)NLMSG_LENGTH(question->size);
	request.head.nlmsg_type = (unsigned short)question->type;
	request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.head.nlmsg_seq = ++nl->seq;
	memcpy(request.body, question->body, question->size);
	return send(nl->fd, &request, request.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

static int error_of(const struct nlmsghdr *msg)
{
	const struct nlmsgerr *error = NLMSG_DATA(msg);

	return msg->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EBADMSG : error->error;
}

/* Reads one datagram. 1 when more follow, 0 at the end, or -errno. */
static int read_messages(
	struct lun_netlink *nl, size_t head_size, lun_netlink_fn message, void *ctx)
{
	ssize_t got = recv(nl->fd, nl->buffer, sizeof(nl->buffer), 0);
	const struct nlmsghdr *msg = (void *)nl->buffer;
	size_t left, head = NLMSG_SPACE(head_size);

	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	left = (size_t)got;
	for (; NLMSG_OK(msg, left); msg = NLMSG_NEXT(msg, left)) {
		if (msg->nlmsg_seq != nl->seq)
			continue;
		if (msg->nlmsg_type == NLMSG_DONE)
			return 0;
		if (msg->nlmsg_type == NLMSG_ERROR)
			return error_of(msg);
		if (msg->nlmsg_len >= head)
			message(ctx, NLMSG_DATA(msg), (void *)((char *)msg + head),
				msg->nlmsg_len - head);
	}
	return 1;
}

int lun_netlink_dump(struct lun_netlink *nl, const struct lun_netlink_question *question,
	lun_netlink_fn message, void *ctx)
{
	int more = ask(nl, question);

	if (more)
		return more;
	do {
		more = read_messages(nl, question->head, message, ctx);
	} while (more > 0);
	return more;
}

const struct rtattr *lun_netlink_attr(const struct rtattr *attrs, size_t len, int type)
{
	for (; RTA_OK(attrs, len); attrs = RTA_NEXT(attrs, len))
		if ((attrs->rta_type & NLA_TYPE_MASK) == type)
			return attrs;
	return NULL;
}

const struct rtattr *lun_netlink_in(const struct rtattr *nest, int type)
{
	return nest ? lun_netlink_attr(RTA_DATA(nest), RTA_PAYLOAD(nest), type) : NULL;
}

unsigned int lun_netlink_u32(const struct rtattr *attr)
{
	unsigned int value = 0;

	if (attr && RTA_PAYLOAD(attr) >= sizeof(value))
		memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

void lun_netlink_text(char *to, size_t size, const struct rtattr *attr)
{
	size_t len = attr ? strnlen(RTA_DATA(attr), RTA_PAYLOAD(attr)) : 0;

	if (len >= size)
		len = size - 1;
	memset(to, 0, size);
	if (len)
		memcpy(to, RTA_DATA(attr), len);
}
