#pragma once
/* Looks names up in DNS. Both calls block, for as long as /etc/resolv.conf allows. */
#include <lua.h>

/* Pushes the list of a name's addresses; or nil and the error. Returns how many it pushed. */
int lun_dns_push_addresses(lua_State *L, const char *name);
/* Pushes the list of a name's SRV records as { target =, port = }; or nil and the error. */
int lun_dns_push_services(lua_State *L, const char *name);
