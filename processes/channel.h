/* SPDX-License-Identifier: MIT */
/* channel: frames over a stream socket between two processes. A frame is a fixed head and so many bytes behind it.
 *
 *   N1  A frame goes out whole or not at all: what the socket did not take is kept and goes first next time. If there is no
 *       memory to keep it, the channel is broken for good, since the other side would read nonsense from then on.
 *   N2  What comes in is not trusted: the other side may have gone wrong. A frame larger than any message is CHANNEL_NONSENSE,
 *       and what the heads say is for the reader to check.
 *   N3  One thread at a time. */
#ifndef TROUPEI_PROCESSES_CHANNEL_H
#define TROUPEI_PROCESSES_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_SIZE_MAX = 0x7fffffff };

/* What a frame means is its users' affair. Both sides are the same program: no byte order, no padding to care for. */
struct frame {
	uint32_t size; /* bytes behind the head */
	uint16_t op;
	uint8_t sort;
	uint8_t flags;
	int32_t kind;
	int32_t why;
	uint64_t to;
	uint64_t word;
	uint64_t token;
	uint64_t cookie;
};

enum channel_result {
	CHANNEL_DONE,
	CHANNEL_LATER,     /* receive: nothing whole has come; flush: the socket takes no more at the moment */
	CHANNEL_ENDED,     /* the other side is gone */
	CHANNEL_NO_MEMORY,
	CHANNEL_NONSENSE,
};

struct channel {
	int fd;
	bool waits;  /* a send that the socket does not take blocks; else the rest is kept */
	bool broken;
	char *in, *out;
	size_t in_capacity, in_from, in_to;
	size_t out_capacity, out_from, out_to;
};

void troupei_channel_init(struct channel *channel, int fd, bool waits);

/* Frees the buffers; the socket is the caller's. */
void troupei_channel_fini(struct channel *channel);

/* CHANNEL_DONE: it is on its way, or kept (troupei_channel_is_behind). @p payload: frame->size bytes. */
enum channel_result troupei_channel_send(struct channel *channel, const struct frame *frame, const void *payload);

/* The same, but keep it, if it is small, until the next flush: many go in one. */
enum channel_result troupei_channel_keep(struct channel *channel, const struct frame *frame, const void *payload);

/* Send what was kept. CHANNEL_DONE: nothing is kept any more. */
enum channel_result troupei_channel_flush(struct channel *channel);

/* The next frame; its bytes lie at @p payload until the next call. Never blocks. */
enum channel_result troupei_channel_receive(struct channel *channel, struct frame *frame, const void **payload);

/* Is something kept that the socket has not taken? */
static inline bool troupei_channel_is_behind(const struct channel *channel)
{
	return channel->out_from < channel->out_to;
}

#endif
