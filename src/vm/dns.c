#include "vm/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <lauxlib.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>

#include "vm/push.h"

enum {
	ANSWER = 65535, /* bytes of a DNS message */
	MOST = 10000,   /* addresses or records taken */
	SRV_HEAD = 6,   /* bytes of an SRV record before its target */
	SRV_PORT = 4,
};

static const void *address_of(const struct addrinfo *info)
{
	if (info->ai_family == AF_INET)
		return &((const struct sockaddr_in *)(const void *)info->ai_addr)->sin_addr;
	return &((const struct sockaddr_in6 *)(const void *)info->ai_addr)->sin6_addr;
}

/* push_addresses(addrinfo) -> list: protected, so that the caller frees the answer. */
static int l_push_addresses(lua_State *L)
{
	const struct addrinfo *info = lua_touserdata(L, 1);
	char text[INET6_ADDRSTRLEN];
	lua_Integer n = 0;

	lua_newtable(L);
	for (; info && n < MOST; info = info->ai_next) {
		if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
			continue;
		if (!inet_ntop(info->ai_family, address_of(info), text, sizeof(text)))
			continue;
		lua_pushstring(L, text);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

int lun_dns_push_addresses(lua_State *L, const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	int err = getaddrinfo(name, NULL, &hints, &found), status;

	if (err)
		return lun_push_failure(
			L, err == EAI_SYSTEM ? -errno : -ENOENT, "%s: %s", name, gai_strerror(err));
	lua_pushcfunction(L, l_push_addresses);
	lua_pushlightuserdata(L, found);
	status = lua_pcall(L, 1, 1, 0);
	freeaddrinfo(found);
	return status == LUA_OK ? 1 : lua_error(L);
}

/* Adds an SRV record to the list on top; other records are passed over. */
static lua_Integer add_service(lua_State *L, ns_msg *message, ns_rr *record, lua_Integer n)
{
	char target[NS_MAXDNAME];

	if (ns_rr_type(*record) != ns_t_srv || ns_rr_rdlen(*record) <= SRV_HEAD ||
		dn_expand(ns_msg_base(*message), ns_msg_end(*message),
			ns_rr_rdata(*record) + SRV_HEAD, target, sizeof(target)) < 0)
		return n;
	lua_newtable(L);
	lun_set_str(L, "target", target);
	lun_set_int(L, "port", ns_get16(ns_rr_rdata(*record) + SRV_PORT));
	lua_rawseti(L, -2, n + 1);
	return n + 1;
}

static int push_services(lua_State *L, const unsigned char *answer, int len)
{
	lua_Integer n = 0;
	ns_msg message;
	ns_rr record;

	if (ns_initparse(answer, len, &message))
		return lun_push_failure(L, -EBADMSG, "the DNS server's answer is damaged");
	lua_newtable(L);
	for (int i = 0; i < ns_msg_count(message, ns_s_an) && n < MOST; i++) {
		if (ns_parserr(&message, ns_s_an, i, &record) == 0)
			n = add_service(L, &message, &record, n);
	}
	return 1;
}

int lun_dns_push_services(lua_State *L, const char *name)
{
	unsigned char *answer = lua_newuserdatauv(L, ANSWER, 0);
	struct __res_state state = { 0 };
	int len;

	if (res_ninit(&state))
		return lun_push_failure(L, -EIO, "%s: /etc/resolv.conf can't be read", name);
	len = res_nquery(&state, name, ns_c_in, ns_t_srv, answer, ANSWER);
	if (len < 0) {
		int why = state.res_h_errno;

		res_nclose(&state);
		return lun_push_failure(L, -ENOENT, "%s: %s", name, hstrerror(why));
	}
	res_nclose(&state);
	return push_services(L, answer, len);
}
