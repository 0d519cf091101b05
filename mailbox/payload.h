/* SPDX-License-Identifier: MIT */
/* Payloads that travel by pointer: moved ones have one owner, frozen ones are counted and immutable. */
#ifndef TROUPEI_MAILBOX_PAYLOAD_H
#define TROUPEI_MAILBOX_PAYLOAD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Lies before the bytes that the user sees. */
struct payload {
	void (*release)(void *bytes); /* NULL: nothing to do */
	uint64_t question;            /* reply address that whoever has the payload owes an answer to; 0: none */
	uint64_t references;          /* 0: not frozen */
	uint32_t size;
	uint32_t magic;               /* PAYLOAD_MAGIC while it lives: catches pointers that are no payloads */
};

enum { PAYLOAD_MAGIC = 0x7061796c };
static_assert(sizeof(struct payload) == 32, "the bytes behind it are 16-byte aligned");

static inline struct payload *troupei_payload_of(const void *bytes)
{
	return (struct payload *)((uintptr_t)bytes - sizeof(struct payload));
}

/* Zeroed bytes; NULL: no memory. */
void *troupei_payload_new(size_t size, void (*release)(void *bytes));

/* Free one that is not frozen. */
void troupei_payload_free(void *bytes);

void troupei_payload_freeze(void *bytes);
void troupei_payload_retain(const void *bytes);
void troupei_payload_release(const void *bytes);

#endif
