/* SPDX-License-Identifier: MIT */
/* Frames go over a socket whole, in order, whatever the socket takes at a time; and nothing that comes in is trusted. */
#include "processes/channel.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/testing.h"

enum { LARGE = 3 << 20 };

static int ends[2];
static struct channel near, far;

static void open_pair(bool waits)
{
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	troupei_channel_init(&near, ends[0], waits);
	troupei_channel_init(&far, ends[1], false);
}

static void close_pair(void)
{
	troupei_channel_fini(&near);
	troupei_channel_fini(&far);
	close(ends[0]);
	close(ends[1]);
}

static unsigned char *pattern(size_t size)
{
	unsigned char *bytes = malloc(size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i * 31 + (i >> 11));
	return bytes;
}

TEST(channel, frames_come_in_order_with_their_bytes)
{
	struct frame frame;
	const void *payload;
	unsigned char *same = pattern(100);
	open_pair(false);
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_LATER);
	for (uint16_t i = 1; i <= 100; i++)
		CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = i, .size = i, .word = i * 3u }, same), CHANNEL_DONE);
	for (uint16_t i = 1; i <= 100; i++) {
		CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_DONE);
		CHECK_EQ(frame.op, i);
		CHECK_EQ(frame.word, i * 3u);
		CHECK(memcmp(payload, same, i) == 0);
	}
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_LATER);
	free(same);
	close_pair();
}

TEST(channel, keeps_what_the_socket_does_not_take)
{
	unsigned char *bytes = pattern(LARGE);
	struct frame frame;
	const void *payload;
	enum channel_result received = CHANNEL_LATER;
	open_pair(false);
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 1, .size = LARGE }, bytes), CHANNEL_DONE);
	CHECK(troupei_channel_is_behind(&near));
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 2 }, NULL), CHANNEL_DONE);
	CHECK_EQ(troupei_channel_flush(&near), CHANNEL_LATER);
	while (received == CHANNEL_LATER) {
		troupei_channel_flush(&near);
		received = troupei_channel_receive(&far, &frame, &payload);
	}
	CHECK_EQ(received, CHANNEL_DONE);
	CHECK_EQ(frame.size, LARGE);
	CHECK(memcmp(payload, bytes, LARGE) == 0);
	CHECK_EQ(troupei_channel_flush(&near), CHANNEL_DONE);
	CHECK(!troupei_channel_is_behind(&near));
	CHECK_EQ(near.out_capacity, 0); /* a large buffer is not kept */
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_DONE);
	CHECK_EQ(frame.op, 2);
	free(bytes);
	close_pair();
}

static void *send_large(void *bytes)
{
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 1, .size = LARGE }, bytes), CHANNEL_DONE);
	CHECK(!troupei_channel_is_behind(&near));
	return NULL;
}

TEST(channel, waits_if_it_is_to)
{
	unsigned char *bytes = pattern(LARGE);
	struct frame frame;
	const void *payload;
	pthread_t sender;
	open_pair(true);
	CHECK_OK(pthread_create(&sender, NULL, send_large, bytes));
	while (troupei_channel_receive(&far, &frame, &payload) == CHANNEL_LATER)
		usleep(100);
	CHECK(memcmp(payload, bytes, LARGE) == 0);
	CHECK_OK(pthread_join(sender, NULL));
	free(bytes);
	close_pair();
}

TEST(channel, a_frame_that_comes_in_pieces_is_waited_for)
{
	struct frame out = { .op = 7, .size = 5 }, frame;
	const void *payload;
	char whole[sizeof out + 5];
	open_pair(false);
	memcpy(whole, &out, sizeof out);
	memcpy(whole + sizeof out, "12345", 5);
	for (size_t i = 0; i + 1 < sizeof whole; i++) {
		CHECK_EQ(write(ends[0], whole + i, 1), 1);
		CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_LATER);
	}
	CHECK_EQ(write(ends[0], whole + sizeof whole - 1, 1), 1);
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_DONE);
	CHECK(memcmp(payload, "12345", 5) == 0);
	close_pair();
}

TEST(channel, nonsense_is_known_for_it)
{
	struct frame frame;
	const void *payload;
	open_pair(false);
	memset(&frame, 0xff, sizeof frame);
	CHECK_EQ(write(ends[0], &frame, sizeof frame), sizeof frame);
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_NONSENSE);
	close_pair();
}

TEST(channel, tells_that_the_other_side_is_gone)
{
	struct frame frame;
	const void *payload;
	open_pair(false);
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 1 }, NULL), CHANNEL_DONE);
	shutdown(ends[0], SHUT_RDWR);
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_DONE); /* what was sent before is not lost */
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_ENDED);
	CHECK_EQ(troupei_channel_send(&far, &(struct frame){ .op = 1 }, NULL), CHANNEL_ENDED); /* and no SIGPIPE */
	CHECK_EQ(troupei_channel_send(&far, &(struct frame){ .op = 1 }, NULL), CHANNEL_ENDED);
	close_pair();
}

static bool fail(size_t size)
{
	(void)size;
	return true;
}

TEST(channel, without_memory_it_breaks_and_says_so)
{
	unsigned char *bytes = pattern(LARGE);
	struct frame frame;
	const void *payload;
	open_pair(false);
	troupei_memory_fail_by(fail);
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_NO_MEMORY);
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 1 }, NULL), CHANNEL_DONE); /* the socket takes it */
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 1, .size = LARGE }, bytes), CHANNEL_NO_MEMORY);
	CHECK_EQ(troupei_channel_send(&near, &(struct frame){ .op = 1 }, NULL), CHANNEL_ENDED);
	troupei_memory_fail_by(NULL);
	free(bytes);
	close_pair();
}

TEST(channel, small_ones_may_wait_for_each_other)
{
	unsigned char *bytes = pattern(LARGE);
	struct frame frame;
	const void *payload;
	enum channel_result received;
	open_pair(false);
	CHECK_EQ(troupei_channel_keep(&near, &(struct frame){ .op = 1, .size = 3 }, "abc"), CHANNEL_DONE);
	CHECK_EQ(troupei_channel_keep(&near, &(struct frame){ .op = 2 }, NULL), CHANNEL_DONE);
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_LATER);
	CHECK_EQ(troupei_channel_flush(&near), CHANNEL_DONE);
	for (int i = 1; i <= 2; i++) {
		CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_DONE);
		CHECK_EQ(frame.op, i);
	}
	CHECK_EQ(troupei_channel_keep(&near, &(struct frame){ .op = 3 }, NULL), CHANNEL_DONE);
	CHECK_EQ(troupei_channel_keep(&near, &(struct frame){ .op = 4, .size = LARGE }, bytes), CHANNEL_DONE); /* not kept: behind 3 */
	CHECK_EQ(troupei_channel_receive(&far, &frame, &payload), CHANNEL_DONE);
	CHECK_EQ(frame.op, 3);
	do
		troupei_channel_flush(&near);
	while ((received = troupei_channel_receive(&far, &frame, &payload)) == CHANNEL_LATER);
	CHECK_EQ(received, CHANNEL_DONE);
	CHECK(frame.op == 4 && memcmp(payload, bytes, LARGE) == 0);
	free(bytes);
	close_pair();
}
