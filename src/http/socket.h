#pragma once
/*
 * A live connection's socket. civetweb does not tell it: it is found among ours by its
 * addresses, when it has to be shut down because its client is too slow or the server ends.
 */
#include <netinet/in.h>

#include "http/http.h"

struct lun_socket {
	struct in_addr peer;
	in_port_t peer_port, port; /* network order */
};

void lun_socket_of(struct lun_socket *socket, const struct mg_request_info *info);
/* Ends reading and writing, so that whoever blocks on it goes on. Only while the connection is
 * held open by civetweb's thread. */
void lun_socket_shutdown(const struct lun_socket *socket);
/* Ends listening on the port, and every connection to it: civetweb looks only every two seconds
 * whether it is to stop. */
void lun_socket_shutdown_port(int port);
