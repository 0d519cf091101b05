/* SPDX-License-Identifier: MIT */
/* ask_state: the word that decides about a reply address (ask.h).
 *
 *   ~generation (32) | answers still expected (16) | questions without an outcome (16); open while both are above 0
 *
 * The generation is stored inverted, so that a state is negative: no actor that has the slot next has such a head, and a CAS of
 * ours that comes too late fails. */
#ifndef TROUPEI_ACTORS_ASK_STATE_H
#define TROUPEI_ACTORS_ASK_STATE_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t troupei_state_make(uint32_t generation, uint32_t answers, uint32_t questions)
{
	return (uint64_t)~generation << 32 | answers << 16 | questions;
}

static inline uint32_t troupei_state_answers(uint64_t state)
{
	return (uint32_t)state >> 16;
}

static inline uint32_t troupei_state_questions(uint64_t state)
{
	return (uint32_t)state & 0xffff;
}

static inline bool troupei_state_is_open(uint64_t state, uint32_t generation)
{
	return (uint32_t)(state >> 32) == ~generation && troupei_state_answers(state) > 0 && troupei_state_questions(state) > 0;
}

#endif
