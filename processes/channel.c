/* SPDX-License-Identifier: MIT */
/* N1 to N3: channel.h. */
#include "processes/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/memory.h"

enum {
	BUFFER_FIRST = 64 << 10,
	KEEP_SIZE_MAX = 4 << 10,
	BUFFER_KEPT = 1 << 20, /* a larger one is given back when it is empty */
};

void troupei_channel_init(struct channel *channel, int fd, bool waits)
{
	*channel = (struct channel){ .fd = fd, .waits = waits };
}

void troupei_channel_fini(struct channel *channel)
{
	troupei_deallocate(channel->in, channel->in_capacity);
	troupei_deallocate(channel->out, channel->out_capacity);
	channel->in = channel->out = NULL;
}

/* Room for @p size bytes in all, with what lies between @p from and @p to moved to the front. */
static bool make_room(char **buffer, size_t *capacity, size_t *from, size_t *to, size_t size)
{
	if (*from > 0) {
		memmove(*buffer, *buffer + *from, *to - *from);
		*to -= *from;
		*from = 0;
	}
	if (size <= *capacity)
		return true;
	size_t larger = *capacity > 0 ? *capacity : BUFFER_FIRST;
	while (larger < size)
		larger *= 2;
	char *memory = troupei_reallocate(*buffer, *capacity, larger);
	if (memory == NULL)
		return false;
	*buffer = memory;
	*capacity = larger;
	return true;
}

/* Empty: begin again at the front, and keep no large buffer. */
static void settle(char **buffer, size_t *capacity, size_t *from, size_t *to)
{
	if (*from < *to)
		return;
	*from = *to = 0;
	if (*capacity <= BUFFER_KEPT)
		return;
	troupei_deallocate(*buffer, *capacity);
	*buffer = NULL;
	*capacity = 0;
}

/* ---------------------------------------------------------------------------------------------------------- sending -- */

static bool is_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

/* Bytes that the socket took; -1: none at the moment, -2: nobody is there. */
static ssize_t put(struct channel *channel, struct iovec *parts, size_t count)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	ssize_t n;
	bool again;

	do {
		n = sendmsg(channel->fd, &message, MSG_NOSIGNAL | (channel->waits ? 0 : MSG_DONTWAIT));
		again = n < 0 && (errno == EINTR || (channel->waits && is_full(errno)));
		if (again && channel->waits)
			poll(&(struct pollfd){ .fd = channel->fd, .events = POLLOUT }, 1, -1);
	} while (again);
	if (n >= 0)
		return n;
	if (is_full(errno))
		return -1;
	channel->broken = true;
	return -2;
}

static bool keep(struct channel *channel, const void *bytes, size_t size)
{
	size_t kept = channel->out_to - channel->out_from;

	if (size == 0)
		return true;
	if (!make_room(&channel->out, &channel->out_capacity, &channel->out_from, &channel->out_to, kept + size))
		return false;
	memcpy(channel->out + channel->out_to, bytes, size);
	channel->out_to += size;
	return true;
}

/* What is left of the frame after so many bytes of it. */
static enum channel_result keep_rest(struct channel *channel, const struct frame *frame, const void *payload, size_t sent)
{
	size_t head = sent < sizeof *frame ? sizeof *frame - sent : 0;
	size_t skipped = sent > sizeof *frame ? sent - sizeof *frame : 0;

	if (keep(channel, (const char *)frame + sizeof *frame - head, head) &&
	    keep(channel, (const char *)payload + skipped, frame->size - skipped))
		return CHANNEL_DONE;
	channel->broken = true; /* N1 */
	return CHANNEL_NO_MEMORY;
}

enum channel_result troupei_channel_send(struct channel *channel, const struct frame *frame, const void *payload)
{
	size_t whole = sizeof *frame + frame->size, sent = 0;

	if (channel->broken)
		return CHANNEL_ENDED;
	while (!troupei_channel_is_behind(channel) && sent < whole) {
		size_t skipped = sent > sizeof *frame ? sent - sizeof *frame : 0;
		size_t head = sent < sizeof *frame ? sizeof *frame - sent : 0;
		struct iovec parts[2] = { { (char *)(uintptr_t)frame + sizeof *frame - head, head },
			                  { (char *)(uintptr_t)payload + skipped, frame->size - skipped } };
		ssize_t n = put(channel, parts, frame->size > 0 ? 2 : 1);
		if (n == -2)
			return CHANNEL_ENDED;
		if (n == -1)
			break;
		sent += (size_t)n;
	}
	return sent < whole ? keep_rest(channel, frame, payload, sent) : CHANNEL_DONE;
}

enum channel_result troupei_channel_keep(struct channel *channel, const struct frame *frame, const void *payload)
{
	if (channel->broken)
		return CHANNEL_ENDED;
	if (frame->size <= KEEP_SIZE_MAX && channel->out_to - channel->out_from < BUFFER_FIRST)
		return keep_rest(channel, frame, payload, 0);
	troupei_channel_flush(channel);
	return troupei_channel_send(channel, frame, payload);
}

enum channel_result troupei_channel_flush(struct channel *channel)
{
	while (troupei_channel_is_behind(channel)) {
		struct iovec rest = { channel->out + channel->out_from, channel->out_to - channel->out_from };
		ssize_t n = channel->broken ? -2 : put(channel, &rest, 1);
		if (n < 0)
			return n == -1 ? CHANNEL_LATER : CHANNEL_ENDED;
		channel->out_from += (size_t)n;
	}
	settle(&channel->out, &channel->out_capacity, &channel->out_from, &channel->out_to);
	return CHANNEL_DONE;
}

/* -------------------------------------------------------------------------------------------------------- receiving -- */

/* Read what is there, at least into room for @p need bytes. */
static enum channel_result fill(struct channel *channel, size_t need)
{
	ssize_t n;

	if (!make_room(&channel->in, &channel->in_capacity, &channel->in_from, &channel->in_to,
	               need > BUFFER_FIRST ? need : BUFFER_FIRST))
		return CHANNEL_NO_MEMORY;
	do
		n = recv(channel->fd, channel->in + channel->in_to, channel->in_capacity - channel->in_to, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		channel->in_to += (size_t)n;
		return CHANNEL_DONE;
	}
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? CHANNEL_LATER : CHANNEL_ENDED;
}

enum channel_result troupei_channel_receive(struct channel *channel, struct frame *frame, const void **payload)
{
	size_t need = sizeof *frame;

	settle(&channel->in, &channel->in_capacity, &channel->in_from, &channel->in_to);
	for (;;) {
		size_t there = channel->in_to - channel->in_from;
		if (there >= sizeof *frame) {
			memcpy(frame, channel->in + channel->in_from, sizeof *frame);
			if (frame->size > FRAME_SIZE_MAX)
				return CHANNEL_NONSENSE; /* N2 */
			need = sizeof *frame + frame->size;
		}
		if (there >= need) {
			*payload = channel->in + channel->in_from + sizeof *frame;
			channel->in_from += need;
			return CHANNEL_DONE;
		}
		enum channel_result result = fill(channel, need);
		if (result != CHANNEL_DONE)
			return result;
	}
}
