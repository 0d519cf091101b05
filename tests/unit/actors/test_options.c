/* SPDX-License-Identifier: MIT */
/* Options structs of every size that a program may come with. */
#include "actors/options.h"

#include "support/testing.h"

/* As this library knows it, and as a later one will. */
struct known {
	uint32_t struct_size;
	uint32_t first;
	uint64_t second;
};

struct later {
	struct known known;
	uint64_t third, fourth;
};

static struct later given_with(uint32_t size)
{
	return (struct later){ .known = { .struct_size = size, .first = 1, .second = 2 } };
}

static bool read_as(uint32_t size, struct known *own)
{
	struct later given = given_with(size);
	memset(own, 0xff, sizeof *own);
	return troupei_options_read(own, sizeof *own, &given);
}

TEST(options, none_are_all_defaults)
{
	struct known own;
	memset(&own, 0xff, sizeof own);
	CHECK(troupei_options_read(&own, sizeof own, NULL));
	CHECK_EQ(own.struct_size, 0);
	CHECK_EQ(own.first, 0);
	CHECK_EQ(own.second, 0);
}

TEST(options, size_0_is_a_mistake)
{
	struct known own;
	CHECK(!read_as(0, &own));
}

TEST(options, exact_size)
{
	struct known own;
	CHECK(read_as(sizeof own, &own));
	CHECK_EQ(own.first, 1);
	CHECK_EQ(own.second, 2);
}

/* What an older program does not know is a default. */
TEST(options, smaller_sizes)
{
	struct known own;
	CHECK(read_as(4, &own));
	CHECK_EQ(own.first, 0);
	CHECK_EQ(own.second, 0);
	CHECK(read_as(8, &own));
	CHECK_EQ(own.first, 1);
	CHECK_EQ(own.second, 0);
}

TEST(options, smaller_than_their_size_field)
{
	struct known own;
	for (uint32_t size = 1; size < 4; size++) {
		CHECK(!read_as(size, &own));
		CHECK_EQ(own.first, 0);
		CHECK_EQ(own.second, 0);
	}
}

/* A newer program that does not use what is new is served; each byte of what is new counts. */
TEST(options, larger_sizes)
{
	struct later given = given_with(sizeof given);
	struct known own;
	CHECK(troupei_options_read(&own, sizeof own, &given));
	CHECK_EQ(own.first, 1);
	CHECK_EQ(own.second, 2);
	for (size_t i = sizeof own; i < sizeof given; i++) {
		((unsigned char *)&given)[i] = 1;
		CHECK(!troupei_options_read(&own, sizeof own, &given));
		given.known.struct_size = (uint32_t)i; /* just before it: what lies behind is not looked at */
		CHECK(troupei_options_read(&own, sizeof own, &given));
		given = given_with(sizeof given);
	}
}

/* They are copied bytewise: an options struct need not be aligned. */
TEST(options, anywhere_in_memory)
{
	unsigned char bytes[1 + sizeof(struct known)];
	struct later given = given_with(sizeof(struct known));
	struct known own;
	memcpy(bytes + 1, &given, sizeof own);
	CHECK(troupei_options_read(&own, sizeof own, bytes + 1));
	CHECK_EQ(own.second, 2);
}
