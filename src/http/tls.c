#include "http/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text/log.h"
#include "text/monotonic.h"

/* The files are checked at most once in so many ms. */
enum { LOOK_MS = 1000 };

/* A file's identity when it was read: another inode, size or time means that it changed. */
struct state {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

static struct {
	const char *cert, *key, *ca; /* ca: NULL when clients need no certificate */
	SSL_CTX *base;               /* what civetweb has: it asks for the newest */
	pthread_mutex_t lock;        /* guards the members below */
	SSL_CTX *newest;
	struct state states[3];
	uint64_t looked;
} tls = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct state state_of(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st))
		return (struct state){ 0 };
	return (struct state){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
}

static bool same_state(const struct state *a, const struct state *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
		a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Notes the files' current state; true when one has changed. */
static bool note_states(void)
{
	const char *const paths[] = { tls.cert, tls.key, tls.ca };
	bool changed = false;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct state state = state_of(paths[i]);

		changed |= !same_state(&state, &tls.states[i]);
		tls.states[i] = state;
	}
	return changed;
}

/* Writes OpenSSL's or the system's error for a file; returns false. */
static bool failed(const char *path, const char *what, char *why, size_t len)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						    : ERR_reason_error_string(code);

	snprintf(why, len, "%s: %s: %s", path, what, reason ? reason : "unknown error");
	ERR_clear_error();
	return false;
}

static bool read_files(SSL_CTX *ctx, char *why, size_t len)
{
	STACK_OF(X509_NAME) * names;

	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, tls.cert) != 1)
		return failed(tls.cert, "no certificate in PEM", why, len);
	if (SSL_CTX_use_PrivateKey_file(ctx, tls.key, SSL_FILETYPE_PEM) != 1)
		return failed(tls.key, "not the certificate's private key in PEM", why, len);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return failed(tls.key, "not the certificate's private key", why, len);
	if (!tls.ca)
		return true;
	names = SSL_load_client_CA_file(tls.ca);
	if (!names || SSL_CTX_load_verify_locations(ctx, tls.ca, NULL) != 1)
		return failed(tls.ca, "no certificate in PEM", why, len);
	SSL_CTX_set_client_CA_list(ctx, names);
	return true;
}

/* Without this OpenSSL would ask for a key's password at the terminal. */
static int no_password(char *buffer, int size, int writing, void *unused)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)unused;
	return -1;
}

static SSL_CTX *read_context(char *why, size_t len)
{
	static const unsigned char name[] = "lunette";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx) {
		snprintf(why, len, "not enough memory");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_session_id_context(ctx, name, sizeof(name) - 1);
	if (tls.ca)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (read_files(ctx, why, len))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* Reads changed files again. A failure is logged once, and the old certificate stays. */
static void refresh(uint64_t now)
{
	char why[512];
	SSL_CTX *ctx;

	if (now - tls.looked < LOOK_MS)
		return;
	tls.looked = now;
	if (!note_states())
		return;
	ctx = read_context(why, sizeof(why));
	if (!ctx) {
		lun_log("error", "the certificate before stays: %s", why);
		return;
	}
	SSL_CTX_free(tls.newest);
	tls.newest = ctx;
	lun_log("info", "certificate read again: %s", tls.cert);
}

/* Called at a client's first message. */
static int choose(SSL *ssl, int *alert, void *unused)
{
	SSL_CTX *chosen;

	(void)unused;
	pthread_mutex_lock(&tls.lock);
	refresh(lun_monotonic_ms());
	chosen = SSL_set_SSL_CTX(ssl, tls.newest);
	pthread_mutex_unlock(&tls.lock);
	*alert = SSL_AD_INTERNAL_ERROR;
	return chosen ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

int lun_tls_open(const struct lun_serve_options *options, char **err)
{
	char why[512];

	if (!options->tls_cert)
		return 0;
	tls.cert = options->tls_cert;
	tls.key = options->tls_key ? options->tls_key : options->tls_cert;
	tls.ca = options->tls_client_ca;
	note_states();
	tls.looked = lun_monotonic_ms();
	tls.base = read_context(why, sizeof(why));
	if (!tls.base) {
		*err = strdup(why);
		return -1;
	}
	tls.newest = tls.base;
	SSL_CTX_up_ref(tls.base);
	SSL_CTX_set_client_hello_cb(tls.base, choose, NULL);
	return 0;
}

void lun_tls_close(void)
{
	SSL_CTX_free(tls.newest);
	SSL_CTX_free(tls.base);
	tls.newest = tls.base = NULL;
}

void *lun_tls_context(void)
{
	return tls.base;
}
