/* SPDX-License-Identifier: MIT */
/* delay: is the next message of a queue to be dropped because the queue has stood for too long? CoDel (Nichols, Jacobson,
 * McGregor and Iyengar, "Controlled Delay Active Queue Management", RFC 8289, 2018).
 *
 * A queue that is long for a moment does no harm; one that stands does. It stands when for a whole `interval` no message has
 * waited less than `target`. Then messages are dropped, at first one each interval, the next ones closer together by the square
 * root, until one has waited less. Senders of a network slow down when they miss a packet; actors do not. So whatever has waited
 * twice the target while the queue stands is dropped too, as in folly's Codel: that bounds the delay, whoever sends. */
#ifndef TROUPEI_ACTORS_DELAY_H
#define TROUPEI_ACTORS_DELAY_H

#include <stdbool.h>
#include <stdint.h>

struct delay {
	int64_t target, interval; /* ns; target 0: no limit */
	int64_t first_above;      /* when it will have stood for an interval; 0: it does not */
	int64_t drop_next;
	uint32_t count;           /* drops since it stands */
	uint32_t last_count;
	bool standing;            /* RFC 8289: "dropping" */
};

/* The one that came at @p since_ns is next: is it to be dropped? @p last: nothing waits behind it. */
bool troupei_delay_drops(struct delay *delay, int64_t now_ns, int64_t since_ns, bool last);

#endif
