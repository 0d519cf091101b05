/* SPDX-License-Identifier: MIT */
/* Pi by another formula than piprecision.c's: Machin's. */
#ifndef BENCH_SAVINA_MACHIN_H
#define BENCH_SAVINA_MACHIN_H

#include <gmp.h>
#include <stdint.h>

/** sum += factor arctan(1 / x) 2^bits */
static inline void machin_add(mpz_t sum, int factor, uint64_t x, uint64_t bits)
{
	mpz_t power, term;

	mpz_init_set_ui(power, x);
	mpz_init(term);
	mpz_mul_2exp(power, power, bits);
	for (uint64_t i = 1; mpz_sgn(power) > 0; i += 2, factor = -factor) {
		mpz_tdiv_q_ui(power, power, x * x);
		mpz_tdiv_q_ui(term, power, i);
		mpz_mul_si(term, term, factor);
		mpz_add(sum, sum, term);
	}
	mpz_clears(power, term, NULL);
}

/** How many decimal places of a number, times 2^bits, are those of pi = 16 arctan(1/5) - 4 arctan(1/239); at most @p places.
 *  The number is lost. */
static inline uint64_t machin_places(mpz_t pi, uint64_t places, uint64_t bits)
{
	uint64_t right = 0;

	mpz_neg(pi, pi);
	machin_add(pi, 16, 5, bits);
	machin_add(pi, -4, 239, bits);
	mpz_abs(pi, pi); /* how far off */
	for (; right < places && mpz_sizeinbase(pi, 2) < bits; right++)
		mpz_mul_ui(pi, pi, 10);
	return right;
}

#endif
