/* SPDX-License-Identifier: MIT */
/* Which families of fault tolerance there are. A new one has a line here, one in families.h and one in scenarios.c. */
#include "cast.h"
#include "families.h"

const struct family *const families[] = {
	&watch_family, &supervise_family, &contain_family, &group_family, &gather_family, &pool_family, &block_family,
	&bound_family, &circle_family,
};

const unsigned families_count = sizeof families / sizeof *families;

uint32_t family_number(const struct family *family)
{
	uint32_t number = 0;

	while (number < families_count && families[number] != family)
		number++;
	return number < families_count ? number : FAMILY_NONE;
}

const struct scenario mixed_scenario = CAST_SCENARIO("mixed", "several of these families in the same actors", NULL);
