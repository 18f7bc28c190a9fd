#pragma once
/* What outgoing.c (the thread), outgoing_batch.c and outgoing_stream.c share. */
#include "vm/outgoing.h"

/* Hands a request to the thread. 0; 1 when a stream of that name is there; or -errno. */
int lun_outgoing_add(struct lun_exchange *exchange);
/* The thread looks for requests that nobody wants any more. */
void lun_outgoing_sweep(void);

void lun_batch_unref(struct lun_batch *batch);
bool lun_batch_closed(struct lun_batch *batch);
/* Counts bytes of answers; false beyond the batch's limit. */
bool lun_batch_hold(struct lun_batch *batch, size_t len);
/* Puts a finished request among those to take. */
void lun_batch_finish(struct lun_exchange *exchange);

/* Bytes of a stream's answer: publishes the events that are complete. False when the answer is no
 * stream of events, or an event is too large. */
bool lun_exchange_bytes(struct lun_exchange *stream, const char *bytes, size_t len);
/* The transfer has ended: publishes why, and chooses the pause until the next one. */
void lun_exchange_ended(struct lun_exchange *stream);
/* The topic has subscribers, or may have them soon. */
bool lun_exchange_wanted(struct lun_exchange *stream, double now);
