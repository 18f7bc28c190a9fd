/*
 * civetweb, compiled from its source as a part of this file, so that functions of ours can stand
 * in for some of its own: see REPLACED in civetweb.cmake.
 */
#include <civetweb.h>

#ifndef LUNETTE_SYSTEM_CIVETWEB

static int parse_http_request(char *buf, int len, struct mg_request_info *info);

#include <civetweb/civetweb_renamed.c>

static int parse_http_request(char *buf, int len, struct mg_request_info *info)
{
	return civetweb_parse_http_request(buf, len, info);
}

#endif
